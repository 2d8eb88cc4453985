"""What a report is about: a study, and what several pictures need to know of it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from hpsearch.analysis import Importance, pareto_front, searched
from hpsearch.common.goal import Goal, rank
from hpsearch.common.redaction import redacted
from hpsearch.common.text import parameters, values
from hpsearch.common.trial import TrialRecord
from hpsearch.experiment import Categorical, Experiment, Int, Parameter
from hpsearch.reports.canvas import label


@dataclass(frozen=True)
class Subject:
    """A study as it is now, read once; the page and all pictures use this.

    `standing` says whether it is over, `source` is the experiment's file. `evaluation` is the best
    trial's result on held-out data, `{}` if it was not evaluated; `warm_start` says of what use
    earlier studies were.
    """

    name: str
    experiment: Experiment
    records: Sequence[TrialRecord]
    best: TrialRecord | None
    standing: str
    source: str
    importance: Importance
    commands: Sequence[tuple[str, str]] = ()
    evaluation: Mapping[str, Any] = field(default_factory=dict)
    warm_start: Sequence[str] = ()
    strategies: Mapping[str, str] = field(default_factory=dict)
    """The sampler and the pruner, as the plan describes them."""

    @property
    def goal(self) -> Goal:
        """The first objective."""
        return self.experiment.goals[0]

    @cached_property
    def complete(self) -> list[TrialRecord]:
        """The complete trials, by number."""
        return [record for record in self.records if record.is_result]

    @cached_property
    def ranked(self) -> list[TrialRecord]:
        """The complete trials, the best first."""
        return sorted(self.complete, key=lambda record: rank(record, self.experiment.goals))

    @cached_property
    def names(self) -> list[str]:
        """The hyperparameters that were searched, the most important first."""
        weight = self.importance.shares
        return sorted(self.experiment.space, key=lambda name: -weight.get(name, 0.0))

    @cached_property
    def front(self) -> list[TrialRecord]:
        """The Pareto front of the complete trials."""
        return pareto_front(self.records, self.experiment.goals)

    def state_of(self, record: TrialRecord) -> str:
        """Return a trial's state; one that no driver runs any more is `interrupted`."""
        return record.state_while(self.standing == "running")

    def tip(self, record: TrialRecord) -> str:
        """Return a trial's hover text."""
        parts = (
            f"trial {record.number}, {self.state_of(record)}",
            values(record, self.experiment.goals, 6),
            parameters(searched(record, self.experiment)),
            redacted(record.reason),
        )
        return "\n".join(part for part in parts if part)


@dataclass(frozen=True)
class Axis:
    """A hyperparameter or an objective as an axis: positions of values, and labels."""

    name: str
    choices: Sequence[str] = ()
    log: bool = False
    whole: bool = False
    ends: tuple[float, float] = (0.0, 1.0)

    @classmethod
    def of(cls, name: str, parameter: Parameter) -> "Axis":
        """Return the axis of a hyperparameter."""
        if isinstance(parameter, Categorical):
            shapes = dict.fromkeys(label(choice) for choice in parameter.labels)
            return cls(name, list(shapes))
        whole = isinstance(parameter, Int)
        return cls(name, log=parameter.log, whole=whole, ends=(parameter.low, parameter.high))

    def place(self, value: Any) -> float:
        """Return the position of a value: a choice by its index, a number as it is."""
        if self.choices:
            return float(self.choices.index(label(value)))
        return float(value)

    @property
    def limits(self) -> tuple[float, float]:
        """The ends and a margin, so that marks at the ends are whole."""
        low, high = self.ends
        if self.log:
            factor = (high / low) ** 0.04
            return low / factor, high * factor
        margin = 0.04 * (high - low)
        return low - margin, high + margin

    @property
    def ticks(self) -> list[float]:
        """Some round values, evenly spaced on a logarithmic scale from end to end."""
        return sorted({float(f"{value:.1g}") for value in np.geomspace(*self.ends, 4)})

    def scaled(self, value: Any) -> float:
        """Return the position on a linear scale."""
        return math.log10(self.place(value)) if self.log else self.place(value)


def usual_range(found: Sequence[float], goal: Goal) -> tuple[float, float] | None:
    """Return the range of values without those far worse than most; None if there are none.

    A few trials that learnt nothing would squeeze all others into one line.
    """
    sign = 1.0 if goal.direction == "maximize" else -1.0
    worst, low, best = np.quantile(sign * np.array(found), [0, 0.25, 1]) if found else (0, 0, 0)
    end, margin = low - (best - low), 0.1 * (best - low)
    if worst >= end:
        return None
    bottom, top = sorted((sign * end, sign * (best + margin)))
    return bottom, top


def said_value(value: float) -> str:
    """Return a value as an axis shows it."""
    return f"{value:.4g}"
