"""A trial: its states and their legal changes, its measurements, the record of all of it.

Everything here is frozen; a trial that is finished never changes again. Imports `privacy` alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal

from hpsearch.common.privacy import Privacy

Value = bool | int | float | str | None
"""What a hyperparameter may be."""


class TrialState(StrEnum):
    """Where a trial stands.

    WAITING was started and must be started again; PAUSED is started again only if it is promoted.
    INFEASIBLE ran to its end, and what it came to cannot be used.
    """

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETE = "complete"
    PRUNED = "pruned"
    FAILED = "failed"
    INFEASIBLE = "infeasible"

    @property
    def is_finished(self) -> bool:
        """Whether the trial can never change again."""
        return not LEGAL_CHANGES[self]


LEGAL_CHANGES: Mapping[TrialState, frozenset[TrialState]] = {
    TrialState.WAITING: frozenset({TrialState.RUNNING, TrialState.FAILED}),
    TrialState.RUNNING: frozenset(
        {
            TrialState.WAITING,
            TrialState.PAUSED,
            TrialState.COMPLETE,
            TrialState.PRUNED,
            TrialState.FAILED,
            TrialState.INFEASIBLE,
        }
    ),
    TrialState.PAUSED: frozenset({TrialState.WAITING, TrialState.PRUNED}),
    TrialState.COMPLETE: frozenset(),
    TrialState.PRUNED: frozenset(),
    TrialState.FAILED: frozenset(),
    TrialState.INFEASIBLE: frozenset(),
}


class IllegalChange(Exception):
    """A change of a trial that `LEGAL_CHANGES` does not have: a bug of hpsearch."""


Source = Literal["reported", "logged", "returned"]
"""How the engine learned of a measurement: by `report`, by `log`, or as the return value."""


@dataclass(frozen=True)
class Measurement:
    """Metrics at a step.

    `seconds` is the time of training so far, over all attempts, on the worker's monotonic clock.
    What was logged has a step axis of its own and never counts for the trial's value.
    """

    step: int
    metrics: Mapping[str, float]
    seconds: float
    source: Source = "reported"

    @property
    def counts(self) -> bool:
        """Whether the trial's value may be taken from it, and its step is one of the curve."""
        return self.source != "logged"


@dataclass(frozen=True)
class Place:
    """Where an attempt ran, and the version of the code that it ran; "" if that is unknown."""

    host: str
    process: int
    device: str
    code: str = ""


@dataclass(frozen=True)
class Origin:
    """Where a trial of a population begins, population 0 being the first.

    It starts from the checkpoint that its `parent` saved at `step`; without a parent, anew.
    """

    population: int = 0
    parent: int | None = None
    step: int | None = None

    def __str__(self) -> str:
        return "" if self.parent is None else f"from trial {self.parent} at step {self.step}"


@dataclass(frozen=True)
class TrialRecord:
    """All that is known of a trial; what the journal holds and what MLflow is given.

    `values` are the objective's values, one per goal, empty if there are none. `best_step` is the
    step that they are of; `checkpoint_step` that of the checkpoint kept with a returned value.
    `ended_after` is the time of training at which it failed, which no measurement shows, and
    `search_seconds` how long the whole search had run when the trial finished, or when it was
    interrupted. `repeats` is the trial of the search whose hyperparameters a confirmation trains
    again; `suggested` says that a person gave hyperparameters of it, `imported` what it was read
    from if another program ran it, `outside` why it is none of the experiment since an amendment;
    `origin` where it begins if it is of a population: then it has only the steps after that.
    """

    number: int
    seed: int
    params: Mapping[str, Value]
    state: TrialState
    started: datetime
    attempt: int = 1
    finished: datetime | None = None
    measurements: Sequence[Measurement] = ()
    values: tuple[float, ...] = ()
    best_step: int | None = None
    checkpoint_step: int | None = None
    reason: str = ""
    traceback: str = ""
    place: Place | None = None
    ended_after: float = 0.0
    search_seconds: float = 0.0
    repeats: int | None = None
    suggested: bool = False
    imported: str = ""
    outside: str = ""
    origin: Origin | None = None
    privacy: Privacy = field(default=Privacy(), compare=False, repr=False)

    def __repr__(self) -> str:
        """Return it in a line, as a notebook shows it: secrets hidden."""
        value = "" if self.value is None else f"value={self.value:g}, "
        head = f"number={self.number}, state={self.state.value!r}"
        return f"{type(self).__name__}({head}, {value}params={self.shown_params})"

    @property
    def shown_params(self) -> dict[str, Value]:
        """The hyperparameters as they are shown: secrets hidden."""
        return self.privacy.shown(self.params)

    def changed(self, state: TrialState, **fields: object) -> TrialRecord:
        """Return this record in another state; raise `IllegalChange` if that is not allowed."""
        if state not in LEGAL_CHANGES[self.state]:
            raise IllegalChange(f"trial {self.number}: {self.state} -> {state}")
        return replace(self, state=state, **fields)  # type: ignore[arg-type]

    def state_while(self, running: bool) -> str:
        """Return its state; one that no driver runs any more is `interrupted`."""
        is_left = self.state is TrialState.RUNNING and not running
        return "interrupted" if is_left else str(self.state)

    @property
    def is_result(self) -> bool:
        """Whether it is complete, and of the experiment as it is now."""
        return self.state is TrialState.COMPLETE and not self.outside

    @property
    def value(self) -> float | None:
        """The value of the first objective, or None."""
        return self.values[0] if self.values else None

    @property
    def infeasible(self) -> bool:
        """Whether it violates a constraint, or raised `Infeasible`; `reason` says which."""
        return self.state is TrialState.INFEASIBLE

    @property
    def last_step(self) -> int | None:
        """The step of its last report, None if it made none."""
        reversed_steps = (m.step for m in reversed(self.measurements) if m.source == "reported")
        return next(reversed_steps, None)

    @property
    def value_step(self) -> int | None:
        """The step of its value as people see it; None if it returned it and reported nothing."""
        is_without_steps = bool(self.measurements) and self.last_step is None
        return None if is_without_steps else self.best_step

    @property
    def kept_step(self) -> int | None:
        """The step of the checkpoint that is kept: of its value, or the last before its result."""
        return self.best_step if self.checkpoint_step is None else self.checkpoint_step

    @property
    def parent(self) -> int | None:
        """The trial whose checkpoint it started from, None if it started anew."""
        return self.origin.parent if self.origin else None

    @property
    def from_step(self) -> int:
        """The step after which it started, -1 if it started anew."""
        return -1 if self.origin is None or self.origin.step is None else self.origin.step

    @property
    def original(self) -> int:
        """The number of the search's trial whose hyperparameters it has."""
        return self.number if self.repeats is None else self.repeats

    @property
    def seconds(self) -> float:
        """Seconds of training until its last measurement, or until it failed."""
        measured = self.measurements[-1].seconds if self.measurements else 0.0
        return max(measured, self.ended_after)
