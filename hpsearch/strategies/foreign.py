"""What others wrote into a study's journal: what fits is taken up, what does not is named.

| written by others | becomes |
|---|---|
| `enqueue_trial` | a proposal, tried next; the sampler adds what it leaves out |
| the same, with values outside of the space | a failed trial that says why |
| trials that `optimize` or `ask` ran | trials as they are, if they fit the space |
| such trials that do not fit, another direction | refused by name, nothing is started |
| attributes, notes, tags, other studies in the same file | ignored |
| records of a kind that this Optuna does not know | refused by line |
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.distributions import FloatDistribution as OptunaFloat
from optuna.distributions import IntDistribution as OptunaInt
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from hpsearch.common.goal import Goal
from hpsearch.common.trial import Measurement, Value
from hpsearch.experiment import Categorical, Experiment, Int, Parameter, is_same
from hpsearch.strategies.distributions import decoded

FIXED = "fixed_params"
"""The system attribute in which Optuna keeps what a trial was enqueued with."""

SLACK = 1e-9
"""By this share of the range a float may lie outside: `low + 3 * step` is not always `high`."""


def enqueued_params(frozen: FrozenTrial, experiment: Experiment) -> dict[str, Value]:
    """Return what a trial was enqueued with, of the space."""
    given = frozen.system_attrs.get(FIXED)
    given = given if isinstance(given, dict) else {}
    space = experiment.space
    return {name: decoded(space[name], value) for name, value in given.items() if name in space}


def why_not_runnable(frozen: FrozenTrial, experiment: Experiment) -> str | None:
    """Return why an enqueued trial cannot run, None if it can."""
    given = frozen.system_attrs.get(FIXED, {})
    if not isinstance(given, dict):
        return f"it was enqueued with {given!r}, which is no set of hyperparameters"
    if problem := _why_unfit(given, experiment):
        return f"it was enqueued with values outside of the space: {problem}"
    return None


def why_strange(frozen: FrozenTrial, experiment: Experiment) -> str | None:
    """Return why a trial of the journal is none of this experiment, None if it is."""
    if frozen.state is OptunaState.WAITING:
        return None
    if frozen.params.keys() != frozen.distributions.keys():
        return "its hyperparameters and their distributions are not of the same names"
    if problem := _why_unfit(frozen.params, experiment):
        return problem
    for name, distribution in frozen.distributions.items():
        if not _is_alike(distribution, experiment.space[name]):
            return f"`{name}` was drawn from {distribution}"
    if not all(_is_number(value) for value in frozen.intermediate_values.values()):
        return "it reported what is no number"
    has_values = frozen.state is not OptunaState.COMPLETE or values_of(frozen, experiment.goals)
    return None if has_values else f"it is complete with the values {frozen.values!r}"


def why_other_goals(directions: Sequence[StudyDirection], goals: Sequence[Goal]) -> str | None:
    """Return how the journal's study differs in what it searches for, None if it does not."""
    theirs = [direction.name.lower() for direction in directions]
    ours = [goal.direction for goal in goals]
    if theirs == ours:
        return None
    return f"it is to {' and '.join(theirs)}, the experiment to {' and '.join(ours)}"


def values_of(frozen: FrozenTrial, goals: Sequence[Goal]) -> tuple[float, ...]:
    """Return the trial's values, none where they are no finite number for each objective."""
    values = frozen.values or ()
    if len(values) != len(goals) or not all(_is_number(value) for value in values):
        return ()
    floats = tuple(map(float, values))
    return floats if all(map(math.isfinite, floats)) else ()


def reported(frozen: FrozenTrial, goals: Sequence[Goal]) -> tuple[Measurement, ...]:
    """Return the curve of a trial that others ran: its reports, then its values.

    Optuna keeps no times of reports, and no step of a value.
    """
    goal, values = goals[0], values_of(frozen, goals)
    pairs = sorted(frozen.intermediate_values.items()) if len(goals) == 1 else []
    curve = [
        Measurement(step, {goal.metric: float(value)}, 0.0)
        for step, value in pairs
        if isinstance(step, int) and _is_number(value)
    ]
    if values and not any(m.metrics[goal.metric] == values[0] for m in curve):
        metrics = {one.metric: value for one, value in zip(goals, values, strict=True)}
        curve.append(Measurement(curve[-1].step + 1 if curve else 0, metrics, 0.0))
    return tuple(curve)


def step_of(
    values: tuple[float, ...], curve: Sequence[Measurement], goals: Sequence[Goal]
) -> int | None:
    """Return the first step at which a trial reported its values, None where it never did."""
    found = (m.step for m in curve if tuple(m.metrics.get(g.metric) for g in goals) == values)
    return next(found, None)


def _why_unfit(params: Mapping[str, Any], experiment: Experiment) -> str | None:
    for name, value in params.items():
        if name not in experiment.space:
            return f"`{name}` is not in `space`"
        if not _takes(experiment.space[name], decoded(experiment.space[name], value)):
            return f"`{name}` is {value!r}"
    return None


def _takes(parameter: Parameter, value: Any) -> bool:
    """Return whether the parameter may have come out as this value."""
    if isinstance(parameter, Categorical):
        return any(is_same(choice, value) for choice in parameter.choices)
    if not _is_number(value):
        return False
    if isinstance(parameter, Int):
        whole = isinstance(value, int) and (value - parameter.low) % parameter.step == 0
        return whole and parameter.low <= value <= parameter.high
    slack = SLACK * (parameter.high - parameter.low)
    return bool(parameter.low - slack <= value <= parameter.high + slack)


def _is_alike(distribution: BaseDistribution, parameter: Parameter) -> bool:
    """Return whether Optuna lets both stand under one name."""
    if isinstance(parameter, Categorical):
        if not isinstance(distribution, CategoricalDistribution):
            return False
        return len(distribution.choices) == len(parameter.choices)
    kind = OptunaInt if isinstance(parameter, Int) else OptunaFloat
    return isinstance(distribution, kind) and distribution.log == parameter.log


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
