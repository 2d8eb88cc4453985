"""A constraint: bounds for a metric that trials report beside the objective.

It is looked up in the report that the trial's value is taken from; if that lacks the metric, in the
last one that has it: a latency may be measured once, at the end.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hpsearch.common.trial import Measurement

MOST = 1e6
"""The largest excess, also of what is not a number: samplers add them up."""


@dataclass(frozen=True)
class Constraint:
    """A metric and its bounds, of which one may be None."""

    metric: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def label(self) -> str:
        """What must hold, in words: `latency_ms at most 5`."""
        return f"{self.metric} {self.bounds}"

    @property
    def bounds(self) -> str:
        """The bounds in words: `at most 5`."""
        bounds = {"at least": self.at_least, "at most": self.at_most}
        return " and ".join(f"{word} {one:g}" for word, one in bounds.items() if one is not None)

    def excess(self, value: float) -> float:
        """Return by how much a value exceeds its bounds, as a share of the bound; 0 or less: none.

        The share makes constraints of different units comparable.
        """
        if math.isnan(value):
            return MOST
        over = [] if self.at_most is None else [(value - self.at_most) / _unit(self.at_most)]
        under = [] if self.at_least is None else [(self.at_least - value) / _unit(self.at_least)]
        return max(-MOST, min(MOST, max(over + under)))


def _unit(bound: float) -> float:
    return abs(bound) or 1.0


def has_excess(measurement: Measurement, constraints: Iterable[Constraint]) -> bool:
    """Return whether a measurement violates a constraint; one without the metric does not."""
    metrics = measurement.metrics
    return any(one.metric in metrics and one.excess(metrics[one.metric]) > 0 for one in constraints)


def value_for(
    constraint: Constraint, measurements: Sequence[Measurement], decisive: Measurement | None
) -> float | None:
    """Return the value that a trial's constraint is judged by; None if it has none yet."""
    found = [m for m in measurements if m.counts and constraint.metric in m.metrics]
    if decisive is not None and constraint.metric in decisive.metrics:
        found = [decisive]
    return found[-1].metrics[constraint.metric] if found else None


def why_infeasible(
    constraints: Iterable[Constraint],
    measurements: Sequence[Measurement],
    decisive: Measurement | None,
) -> str:
    """Say which constraints a trial violates, and with which values; nothing if it violates none.

    `decisive` is the measurement that its value is taken from.
    """
    found = []
    for one in constraints:
        value = value_for(one, measurements, decisive)
        if value is not None and one.excess(value) > 0:
            found.append(f"{one.metric} is {value:.4g}, not {one.bounds}")
    return "; ".join(found)
