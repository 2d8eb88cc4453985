"""What Optuna knows of a parameter, and how its values are turned into ours and back.

Optuna tells choices apart by `==`, to which 1, 1.0 and true are one: a list with such choices is
handed over as texts, each the choice in JSON. What samplers come to with rounding errors becomes
the value that is meant, in the journal as well.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

from optuna import Trial
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import FrozenTrial

from hpsearch.common.trial import Value
from hpsearch.experiment import Categorical, Int, Parameter, Space, largest_value, nearest_value


def suggest(trial: Trial, name: str, parameter: Parameter) -> Value:
    """Return the value that Optuna proposes for a parameter."""
    if isinstance(parameter, Categorical):
        choices = [to_optuna(parameter, choice) for choice in parameter.choices]
        return from_optuna(parameter, trial.suggest_categorical(name, choices))
    low, high, step, log = parameter.low, largest_value(parameter), parameter.step, parameter.log
    if isinstance(parameter, Int):
        value: float = trial.suggest_int(name, int(low), int(high), step=int(step or 1), log=log)
    else:
        value = trial.suggest_float(name, low, high, step=step, log=log)
    return from_optuna(parameter, value)


def to_optuna(parameter: Parameter, value: Value) -> Value:
    """Return a value as Optuna has it."""
    if isinstance(parameter, Categorical) and _are_confused(parameter.choices):
        return json.dumps(value)
    return value


def from_optuna(parameter: Parameter, value: Any) -> Value:
    """Return a value of Optuna's as the parameter has it."""
    if isinstance(parameter, Categorical):
        return decoded(parameter, value)
    return nearest_value(parameter.low, parameter.high, parameter.step, value)


def decoded(parameter: Parameter, value: Value) -> Value:
    """Return the choice that a text of Optuna's stands for; any other value as it is."""
    if not isinstance(parameter, Categorical) or not _are_confused(parameter.choices):
        return value
    return next((one for one in parameter.choices if json.dumps(one) == value), value)


def params_of(frozen: FrozenTrial, space: Space) -> dict[str, Value]:
    """Return the hyperparameters that were proposed for a trial."""
    return {
        name: from_optuna(space[name], value) if name in space else value
        for name, value in frozen.params.items()
    }


def exact(distribution: BaseDistribution, value: float) -> float:
    """Return Optuna's own number for a value, without rounding errors; others as they are."""
    if not isinstance(distribution, IntDistribution | FloatDistribution):
        return value
    low, high = distribution.low, distribution.high
    nearest = float(nearest_value(low, high, distribution.step, value))
    is_rounding = math.isclose(nearest, value, abs_tol=1e-9 * (high - low))
    return nearest if is_rounding else value


def fixed(params: Mapping[str, Value], space: Space) -> dict[str, Value]:
    """Return those of given hyperparameters that are searched, as Optuna has them."""
    return {n: to_optuna(space[n], v) for n, v in params.items() if n in space}


def is_the_same(parameter: Parameter, distribution: BaseDistribution) -> bool:
    """Return whether a distribution of the journal holds the parameter's choices as we do."""
    if not isinstance(parameter, Categorical):
        return not isinstance(distribution, CategoricalDistribution)
    choices = [to_optuna(parameter, choice) for choice in parameter.choices]
    return distribution == CategoricalDistribution(choices)


def _are_confused(choices: list[Value]) -> bool:
    """Return whether Python's `==` takes two of the choices for one."""
    return len(set(choices)) < len(choices)
