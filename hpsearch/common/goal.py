"""An objective: what a trial's value is taken from, what is better, and how it is shown.

| the trainable | the trial's value is |
|---|---|
| returned the objective | what it returned, whatever it reported before |
| reported it, `take: best` | that of its best report, the first of equals |
| reported it, `take: last` | that of its last report |
| has several objectives | those of the last report that has all of them: no single step is best |

A report that violates a constraint counts only if no other has the objective.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from hpsearch.common.constraint import Constraint, has_excess
from hpsearch.common.trial import Measurement, TrialRecord

Direction = Literal["maximize", "minimize"]

Take = Literal["best", "last"]
"""Which report a trial's value is taken from."""


@dataclass(frozen=True)
class Goal:
    """A metric, the direction in which it is better, and the report that it is taken from.

    `constraints` are those of the search: each of its goals has all of them.
    """

    metric: str
    direction: Direction
    take: Take = "best"
    constraints: tuple[Constraint, ...] = ()

    @property
    def label(self) -> str:
        """What is searched for, in words: `minimize loss`."""
        last = " (last report)" if self.take == "last" else ""
        return f"{self.direction} {self.metric}{last}"

    @property
    def opposed(self) -> set[str]:
        """The labels of goals that want the same metric in the other direction."""
        other: Direction = "minimize" if self.direction == "maximize" else "maximize"
        takes: tuple[Take, ...] = ("best", "last")
        return {replace(self, direction=other, take=take).label for take in takes}

    def as_data(self) -> dict[str, str]:
        """Return it as plain data, with the keys of the experiment file."""
        return {"metric": self.metric, "direction": self.direction, "take": self.take}

    def is_better(self, one: float, other: float) -> bool:
        """Return whether `one` is strictly better than `other`."""
        return one > other if self.direction == "maximize" else one < other

    def best_until(self, step: int, value: float) -> str:
        """Return a trial's best value up to a step, in words."""
        return f"best {self.metric} until step {step}: {value:.4g}"

    def value_of(self, measurements: Sequence[Measurement]) -> float | None:
        """Return the value of a trial that was measured so, or None if it has none."""
        found = measurement_of_value(measurements, [self])
        return None if found is None else found.metrics[self.metric]


def measurement_of_value(
    measurements: Sequence[Measurement], goals: Sequence[Goal]
) -> Measurement | None:
    """Return the measurement that a trial's value is taken from, or None if none has one."""
    scored = [m for m in measurements if has_values(m, goals)]
    returned = [m for m in scored if m.source == "returned"]
    if returned or not scored:
        return returned[-1] if returned else None
    goal = goals[0]
    scored = [m for m in scored if not has_excess(m, goal.constraints)] or scored
    if len(goals) > 1 or goal.take == "last":
        return scored[-1]
    best = scored[0]
    for measurement in scored[1:]:
        if goal.is_better(measurement.metrics[goal.metric], best.metrics[goal.metric]):
            best = measurement
    return best


def values_at(measurement: Measurement | None, goals: Sequence[Goal]) -> tuple[float, ...]:
    """Return the objectives' values at a measurement that has them all; none without one."""
    return tuple(measurement.metrics[goal.metric] for goal in goals) if measurement else ()


def best_record(records: Iterable[TrialRecord], goals: Sequence[Goal]) -> TrialRecord | None:
    """Return the best complete trial, the earliest of equals; None if none is complete.

    With several goals: the one that is best by the first goal, the others breaking ties.
    """
    complete = [record for record in records if record.is_result]
    return min(complete, key=lambda record: rank(record, goals), default=None)


def best_trained(records: Iterable[TrialRecord], goals: Sequence[Goal]) -> TrialRecord | None:
    """Return the best of those that were not imported: another program has these ones' models."""
    return best_record((record for record in records if not record.imported), goals)


def rank(record: TrialRecord, goals: Sequence[Goal]) -> tuple[float, ...]:
    """Return a key that sorts complete trials, the best first."""
    signed = zip(record.values, goals, strict=True)
    return tuple(-value if goal.direction == "maximize" else value for value, goal in signed)


def has_value(measurement: Measurement, goal: Goal) -> bool:
    """Return whether the measurement counts and has a usable value of the goal's metric."""
    return measurement.counts and math.isfinite(measurement.metrics.get(goal.metric, math.nan))


def has_values(measurement: Measurement, goals: Sequence[Goal]) -> bool:
    """Return whether the measurement has a usable value for every goal."""
    return all(has_value(measurement, goal) for goal in goals)
