"""What Optuna itself keeps of a trial: all there is if another program ran it."""

import math
from collections.abc import Sequence

from optuna.trial import FrozenTrial

from hpsearch.common.goal import Goal
from hpsearch.common.trial import Measurement
from hpsearch.experiment import is_number


def values_of(frozen: FrozenTrial, goals: Sequence[Goal]) -> tuple[float, ...]:
    """Return the trial's values; none unless there is a finite number for each objective."""
    values = frozen.values or ()
    if len(values) != len(goals) or not all(is_number(value) for value in values):
        return ()
    floats = tuple(map(float, values))
    return floats if all(map(math.isfinite, floats)) else ()


def reported_curve(frozen: FrozenTrial, goals: Sequence[Goal]) -> tuple[Measurement, ...]:
    """Return the curve of a trial that another program ran: its reports, then its values.

    Optuna does not keep when a report came, or the step of a value.
    """
    goal, values = goals[0], values_of(frozen, goals)
    pairs = sorted(frozen.intermediate_values.items()) if len(goals) == 1 else []
    curve = [
        Measurement(step, {goal.metric: float(value)}, 0.0)
        for step, value in pairs
        if isinstance(step, int) and is_number(value)
    ]
    if values and not any(m.metrics[goal.metric] == values[0] for m in curve):
        metrics = {one.metric: value for one, value in zip(goals, values, strict=True)}
        step = curve[-1].step + 1 if curve else 0
        curve.append(Measurement(step, metrics, 0.0, "returned"))
    return tuple(curve)


def step_of(
    values: tuple[float, ...], curve: Sequence[Measurement], goals: Sequence[Goal]
) -> int | None:
    """Return the first step at which a trial reported its values, None if it never did."""
    found = (m.step for m in curve if tuple(m.metrics.get(g.metric) for g in goals) == values)
    return next(found, None)
