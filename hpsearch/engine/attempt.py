"""One attempt that is under way: what the driver knows of it, and what comes of it in the end."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from hpsearch.common import faults
from hpsearch.common.errors import UserError
from hpsearch.common.text import count
from hpsearch.common.trial import (
    Goal,
    Measurement,
    TrialRecord,
    TrialState,
    best_measurement,
    is_finite,
)
from hpsearch.engine.ports import Ended

STOP_SECONDS = 60.0
"""An attempt that was told to stop has so long to end; then its process is killed."""


@dataclass
class Attempt:
    """The driver's account of an attempt.

    `resumed_from` is the step of the checkpoint that it began with, `alone` says that no other may
    run beside it, `leave` that it stops now to go on with another `run`, `pause` that it stops now
    to go on if it is promoted.
    """

    record: TrialRecord
    goals: Sequence[Goal]
    resumed_from: int | None = None
    alone: bool = False
    leave: bool = False
    pause: bool = False
    verdict: tuple[TrialState, str] | None = None
    has_reported: bool = False
    measurements: list[Measurement] = field(default_factory=list)
    best: Measurement | None = None
    last_step: int = -1
    begun: float = field(default_factory=time.monotonic)
    stopped: float | None = None
    is_killed: bool = False

    def __post_init__(self) -> None:
        self.add(self.record.measurements)

    def add(self, measurements: Sequence[Measurement]) -> None:
        """Take measurements in; the best one is carried along, so that this takes no longer."""
        if measurements:
            self.measurements.extend(measurements)
            self.last_step = max(self.last_step, measurements[-1].step)
            known = [self.best] if self.best is not None else []
            self.best = best_measurement([*known, *measurements], self.goals)

    def why_overdue(self, minutes: float | None) -> str | None:
        """Return why the attempt's process is to be killed now, or None."""
        now = time.monotonic()
        if self.is_killed:
            return None
        if self.stopped is not None and now - self.stopped > STOP_SECONDS:
            return f"did not end within {STOP_SECONDS:g} seconds of being told to stop"
        if minutes is not None and now - self.begun > minutes * 60:
            return f"over its time limit of {count(minutes, 'minute')}"
        return None

    def outcome(self, event: Ended, search_seconds: float) -> TrialRecord:
        """Return the finished record: what the engine decided, else what the attempt came to."""
        state, reason = self._verdict(event)
        best = self.best if state is not TrialState.FAILED else None
        return self.record.changed(
            state,
            measurements=tuple(self.measurements),
            values=tuple(best.metrics[goal.metric] for goal in self.goals) if best else (),
            best_step=best.step if best else None,
            reason=reason,
            traceback=event.traceback if state is TrialState.FAILED else "",
            search_seconds=round(search_seconds, 3),
        )

    def put_by(self) -> None:
        """Note that the attempt is over and the trial put by; its verdict is kept for the end."""
        reason = self.verdict[1] if self.verdict else ""
        self.record = self.record.changed(TrialState.PAUSED, reason=reason)

    def waiting(self) -> TrialRecord:
        """Return the record as that of a trial that is to be begun again."""
        return self.record.changed(
            TrialState.WAITING, reason="", measurements=tuple(self.measurements)
        )

    def _verdict(self, event: Ended) -> tuple[TrialState, str]:
        if self.verdict is not None:
            return self.verdict
        if event.how in ("raised", "crashed", "lost"):
            return TrialState.FAILED, event.reason
        if self.best is None:
            return TrialState.FAILED, "it returned without a report of the objective"
        return TrialState.COMPLETE, ""


def why_unusable(measurement: Measurement, goals: Sequence[Goal], *, measured: bool) -> str | None:
    """Return what is wrong with a report, or None.

    Raises UserError where it lacks the objective, unless `measured`: some trial had it already.
    """
    for goal in goals:
        if goal.metric not in measurement.metrics:
            if not measured:
                raise UserError(faults.metric_never_reported(goal.metric, measurement.metrics))
            return f"the report at step {measurement.step} lacks {goal.metric}"
        if not is_finite(measurement, goal):
            value = measurement.metrics[goal.metric]
            return f"{goal.metric} is {value} at step {measurement.step}"
    return None
