"""A trial that another program ran, before it is held against an experiment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class EarlierTrial:
    """A finished trial. `origin` is its place in what it was read from: `trial 7`, `row 3`.

    `values` are those of the objectives, empty if it has none; `reports` are values of the first
    objective by step, of a trial that was stopped early or not. `metrics` are those of constraints;
    `infeasible` says why its own program took it for infeasible, None if it did not judge it.
    Times are naive, in local time.
    """

    origin: str
    params: Mapping[str, Any]
    values: tuple[float, ...]
    reports: Mapping[int, float] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    infeasible: str | None = None
    is_stopped: bool = False
    started: datetime | None = None
    finished: datetime | None = None
