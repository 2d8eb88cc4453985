"""Whether what other programs wrote into a study's journal fits the experiment.

| written by other programs | becomes |
|---|---|
| `enqueue_trial` | a proposal, tried next; the sampler adds the missing hyperparameters |
| the same, with values outside the space | a failed trial that says why |
| trials that `optimize` or `ask` ran | trials as they are, if they fit the space |
| such trials that do not fit, another direction | refused by name, nothing is started |
| attributes, notes, tags, other studies in the same file | ignored |
| records of a kind that this Optuna does not know | refused by line |
"""

from collections.abc import Mapping, Sequence
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.distributions import FloatDistribution as OptunaFloat
from optuna.distributions import IntDistribution as OptunaInt
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from hpsearch.common.goal import Goal
from hpsearch.experiment import (
    Categorical,
    Experiment,
    Int,
    Parameter,
    completion_misfit,
    is_number,
    is_same,
)
from hpsearch.strategies.distributions import decoded
from hpsearch.strategies.external_trials import values_of
from hpsearch.strategies.params import FIXED_PARAMS

SLACK = 1e-9
"""A float may exceed its range by this share of it: `low + 3 * step` is not always `high`."""


def why_not_runnable(frozen: FrozenTrial, experiment: Experiment) -> str | None:
    """Return why an enqueued trial cannot run, None if it can."""
    given = frozen.system_attrs.get(FIXED_PARAMS, {})
    if not isinstance(given, dict):
        return f"it was enqueued with {given!r}, which are no hyperparameters"
    if problem := _why_unfit(given, experiment):
        return f"it was enqueued with values outside the space: {problem}"
    space = experiment.space
    params = {name: decoded(space[name], value) for name, value in given.items()}
    for misfit in completion_misfit(experiment, params):
        return f"it was enqueued with values that cannot be tried: {misfit.why}"
    return None


def why_incompatible(frozen: FrozenTrial, experiment: Experiment) -> str | None:
    """Return why a trial of the journal is not of this experiment, None if it is."""
    if frozen.state is OptunaState.WAITING:
        return None
    if frozen.params.keys() != frozen.distributions.keys():
        return "its hyperparameters and their distributions have different names"
    if problem := _why_unfit(frozen.params, experiment):
        return problem
    for name, distribution in frozen.distributions.items():
        if not _is_compatible(distribution, experiment.space[name]):
            return f"`{name}` was drawn from {distribution}"
    if not all(is_number(value) for value in frozen.intermediate_values.values()):
        return "it reported a value that is not a number"
    has_values = frozen.state is not OptunaState.COMPLETE or values_of(frozen, experiment.goals)
    return None if has_values else f"it is complete with the values {frozen.values!r}"


def why_other_objectives(directions: Sequence[StudyDirection], goals: Sequence[Goal]) -> str | None:
    """Return how the objectives of the journal's study differ, None if they do not."""
    theirs = [direction.name.lower() for direction in directions]
    ours = [goal.direction for goal in goals]
    if theirs == ours:
        return None
    return f"it is set to {' and '.join(theirs)}, the experiment to {' and '.join(ours)}"


def _why_unfit(params: Mapping[str, Any], experiment: Experiment) -> str | None:
    for name, value in params.items():
        if name not in experiment.space:
            return f"`{name}` is not in `space`"
        if not _is_possible(experiment.space[name], decoded(experiment.space[name], value)):
            return f"`{name}` is {value!r}"
    return None


def _is_possible(parameter: Parameter, value: Any) -> bool:
    """Return whether the parameter can have this value."""
    if isinstance(parameter, Categorical):
        return any(is_same(choice, value) for choice in parameter.labels)
    if not is_number(value):
        return False
    if isinstance(parameter, Int):
        whole = isinstance(value, int) and (value - parameter.low) % parameter.step == 0
        return whole and parameter.low <= value <= parameter.high
    slack = SLACK * (parameter.high - parameter.low)
    return bool(parameter.low - slack <= value <= parameter.high + slack)


def _is_compatible(distribution: BaseDistribution, parameter: Parameter) -> bool:
    """Return whether Optuna accepts both under one name."""
    if isinstance(parameter, Categorical):
        if not isinstance(distribution, CategoricalDistribution):
            return False
        return len(distribution.choices) == len(parameter.choices)
    kind = OptunaInt if isinstance(parameter, Int) else OptunaFloat
    return isinstance(distribution, kind) and distribution.log == parameter.log
