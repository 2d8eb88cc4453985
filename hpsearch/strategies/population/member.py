"""A member of a population: one trial, from where it begins to where it is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from hpsearch.common.constraint import has_excess
from hpsearch.common.goal import Goal, has_value
from hpsearch.common.trial import Measurement, Origin, TrialState


@dataclass
class Member:
    """A trial. `values` has its value at each interval that it trained, less is better.

    `rests`: it was paused at the last of them. `is_due`: its last report ended an interval.
    """

    number: int
    origin: Origin
    born: int
    """The interval whose end it was copied at, 0 for one that trained from the start."""
    values: dict[int, float] = field(default_factory=dict)
    steps: dict[int, int] = field(default_factory=dict)
    state: TrialState | None = None
    rests: bool = False
    is_due: bool = False

    @property
    def level(self) -> int:
        """How many intervals its model was trained."""
        return max(self.values, default=self.born)

    @property
    def is_alive(self) -> bool:
        """Whether it is not finished."""
        return self.state is None

    @property
    def is_lost(self) -> bool:
        """Whether it ended on the way to its next interval, without a result."""
        return self.state in (TrialState.FAILED, TrialState.INFEASIBLE)

    def has_reached(self, interval: int) -> bool:
        """Return whether it has trained so many intervals, and its checkpoint is there."""
        is_on_its_way = self.is_alive and self.is_due and not self.rests and self.level == interval
        return interval in self.values and not is_on_its_way

    def rank_at(self, interval: int) -> tuple[float, int]:
        """Return what members are ranked by after an interval, the best first."""
        return self.values[interval], self.number

    def note(
        self, measurements: Sequence[Measurement], goal: Goal, *, interval: int, last: int
    ) -> None:
        """Add measurements; an interval has so many steps, the one after the `last` no end."""
        for one in measurements:
            if one.source == "returned" or not has_value(one, goal):
                continue
            sign = -1 if goal.direction == "maximize" else 1
            value = sign * one.metrics[goal.metric]
            reached = range(self.level + 1, min(one.step // interval, last) + 1)
            self.is_due = bool(reached)
            self.rests = self.rests and not reached
            for number in reached:
                is_bad = has_excess(one, goal.constraints)
                self.values[number] = math.inf if is_bad else value
                self.steps[number] = one.step
