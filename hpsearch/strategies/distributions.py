"""A parameter as Optuna's distribution, and how its values are converted both ways.

Optuna compares choices by `==`, which takes 1, 1.0 and true for one: a list with such choices is
given to it as texts, each the choice in JSON. A value of a sampler with rounding errors becomes the
exact one, in the journal as well.
"""

import json
import math
from typing import Any

from optuna import Trial
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from hpsearch.common.trial import Value
from hpsearch.experiment import Categorical, Int, Parameter, largest_value, nearest_value


def suggest(trial: Trial, name: str, parameter: Parameter) -> Value:
    """Return the value that Optuna proposes for a parameter."""
    one = distribution_of(parameter)
    if isinstance(one, CategoricalDistribution):
        value = trial.suggest_categorical(name, one.choices)
    elif isinstance(one, IntDistribution):
        value = trial.suggest_int(name, one.low, one.high, step=one.step, log=one.log)
    else:
        value = trial.suggest_float(name, one.low, one.high, step=one.step, log=one.log)
    return from_optuna(parameter, value)


def distribution_of(
    parameter: Parameter,
) -> CategoricalDistribution | FloatDistribution | IntDistribution:
    """Return a parameter as Optuna's distribution."""
    if isinstance(parameter, Categorical):
        return CategoricalDistribution([to_optuna(parameter, one) for one in parameter.labels])
    low, high, step, log = parameter.low, largest_value(parameter), parameter.step, parameter.log
    if isinstance(parameter, Int):
        return IntDistribution(int(low), int(high), log=log, step=int(step or 1))
    return FloatDistribution(low, high, log=log, step=step)


def to_optuna(parameter: Parameter, value: Value) -> Value:
    """Return a value as Optuna stores it."""
    if isinstance(parameter, Categorical) and _are_confused(parameter.labels):
        return json.dumps(value)
    return value


def from_optuna(parameter: Parameter, value: Any) -> Value:
    """Return a value of Optuna's as a value of the parameter."""
    if isinstance(parameter, Categorical):
        return decoded(parameter, value)
    return nearest_value(parameter.low, parameter.high, parameter.step, value)


def decoded(parameter: Parameter, value: Value) -> Value:
    """Return the choice that a text of Optuna's means; any other value as it is."""
    if not isinstance(parameter, Categorical) or not _are_confused(parameter.labels):
        return value
    return next((one for one in parameter.labels if json.dumps(one) == value), value)


def exact(distribution: BaseDistribution, value: float) -> float:
    """Return a number without rounding errors of the sampler; anything else as it is."""
    if not isinstance(distribution, IntDistribution | FloatDistribution):
        return value
    low, high = distribution.low, distribution.high
    nearest = float(nearest_value(low, high, distribution.step, value))
    is_rounding = math.isclose(nearest, value, abs_tol=1e-9 * (high - low))
    return nearest if is_rounding else value


def has_same_choices(parameter: Parameter, distribution: BaseDistribution) -> bool:
    """Return whether a distribution of the journal stores the parameter's choices as we do."""
    if not isinstance(parameter, Categorical):
        return not isinstance(distribution, CategoricalDistribution)
    return distribution == distribution_of(parameter)


def _are_confused(choices: list[Value]) -> bool:
    """Return whether Python's `==` takes two of the choices for the same."""
    return len(set(choices)) < len(choices)
