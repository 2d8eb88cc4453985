"""One attempt while it runs: what the driver knows of it, and whether it was told to stop.

What its end makes of the trial, `outcome.py` says.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hpsearch.common.decision import Decision
from hpsearch.common.goal import Goal, has_values, measurement_of_value
from hpsearch.common.text import count
from hpsearch.common.trial import Measurement, TrialRecord, TrialState
from hpsearch.engine.curve import Curve
from hpsearch.engine.messages import RETURNED, Ended, Reported
from hpsearch.engine.reasons import why_no_result, why_unusable
from hpsearch.engine.stops import Stop, is_deferred

STOP_SECONDS = 60.0
"""How long an attempt that was told to stop may take to end; then its process is killed."""


@dataclass
class Attempt:
    """The driver's account of an attempt.

    `resumed_from` is the step of the checkpoint that it began with, `alone` says that no other may
    run beside it, `leave` why it should move to another slot. `stop` was told to it; `deferred`
    will be told at its next report, if there is one. `restarts_steps`: it was resumed, but counts
    its steps from the start. `decisive` is the measurement that the trial's value is taken from so
    far. `ended` is its end, which may have to wait for its last checkpoint.
    """

    record: TrialRecord
    goals: Sequence[Goal]
    resumed_from: int | None = None
    alone: bool = False
    leave: str = ""
    stop: Stop | None = None
    deferred: Stop | None = None
    reports: int = 0
    restarts_steps: bool = False
    decisive: Measurement | None = None
    begun: float = field(default_factory=time.monotonic)
    stopped: float | None = None
    is_killed: bool = False
    has_stored: bool = False
    ended: Ended | None = None

    def __post_init__(self) -> None:
        self.curve = Curve(self.record.measurements, self.record.from_step)
        self.decisive = measurement_of_value(self.record.measurements, self.goals)
        self.began_at = self.curve.last_step

    def take(self, measurements: Sequence[Measurement]) -> list[Measurement]:
        """Take in what is new of measurements, and return that.

        The decisive one is updated from the new ones alone: a longer curve costs no more time.
        """
        new = self.curve.take(measurements)
        known = [self.decisive] if self.decisive is not None else []
        self.decisive = measurement_of_value([*known, *new], self.goals)
        return new

    def take_last(self, event: Ended) -> list[Measurement]:
        """Take in what came after the last report; a return value among it is the final result.

        What a trainable returns although it was told to stop is not its result.
        """
        logged = [m for m in event.measurements if m.source != "returned"]
        result = self._result(event) if self.stop is None else None
        if result is None:
            return self.take(logged)
        wrong = why_unusable(result, self.goals)
        if wrong is not None:
            self.stop = Stop(wrong, TrialState.FAILED)
            return self.take(logged)
        new = self.take([*logged, result])
        if has_values(result, self.goals):
            self.decisive = result
        return new

    def note_report(self, event: Reported) -> None:
        """Count a report, and notice an attempt that counts its steps from the start again.

        It began with a checkpoint, and reports the first step of the whole trial, or one below.
        An attempt that only repeats a few steps does not.
        """
        self.record = replace(self.record, place=event.place)
        self.reports += 1
        if self.reports == 1 and self.resumed_from is not None:
            step = event.measurements[-1].step
            self.restarts_steps = step <= self.curve.first_step < self.resumed_from

    def stop_at(self, event: Reported, stop: Stop | None, end: int | None) -> None:
        """Note the stop to tell at this report, if there is one; `stops.py` says which wait."""
        if not event.waits:
            self.deferred = self.deferred or stop
        elif self.deferred is not None and (stop is None or stop.becomes is not TrialState.FAILED):
            self.stop = self.deferred
        elif stop is not None and is_deferred(
            stop,
            step=event.measurements[-1].step,
            end=end,
            savable=event.savable,
            is_first=self.reports == 1,
        ):
            self.deferred = stop
        else:
            self.stop = stop

    def move(self, event: Reported) -> Stop | None:
        """Return the stop of an attempt that should leave its slot, if a checkpoint saves it."""
        return Stop(self.leave, TrialState.WAITING) if self.leave and event.savable else None

    def decision(self, *, save: bool) -> Decision:
        """Return the answer to a report, and start the clock of an attempt that is told to stop."""
        if self.stop is None:
            return Decision(save=save)
        self.stopped = time.monotonic()
        pause = self.stop.becomes is TrialState.PAUSED
        return Decision(stop=True, reason=self.stop.reason, save=save, pause=pause)

    @property
    def seconds(self) -> float:
        """Seconds of training in all attempts until now, by the driver's clock."""
        return self.record.seconds + time.monotonic() - self.begun

    def note_saving(self) -> None:
        """Restart the clock of a stopping attempt: its checkpoint may take long."""
        if self.stopped is not None:
            self.stopped = time.monotonic()

    def note_end(self, event: Ended) -> None:
        """Note where it ran, and tell a dead attempt its deferred stop: no report follows."""
        if event.place is not None:
            self.record = replace(self.record, place=event.place)
        if event.died:
            self.stop = self.stop or self.deferred

    def why_overdue(self, minutes: float | None) -> str | None:
        """Return why the attempt's process should be killed now, or None."""
        now = time.monotonic()
        if self.is_killed or self.ended is not None:
            return None
        if self.stopped is not None and now - self.stopped > STOP_SECONDS:
            return f"did not end within {STOP_SECONDS:g} seconds of being told to stop"
        if minutes is not None and now - self.begun > minutes * 60:
            return f"over its time limit of {count(minutes, 'minute')}"
        return None

    def pause(self) -> None:
        """Note that the attempt is over and the trial paused; its stop is kept for the end."""
        reason = self.stop.reason if self.stop else ""
        self.record = self.record.changed(TrialState.PAUSED, reason=reason)

    def requeued(self) -> TrialRecord:
        """Return the record of the trial as it waits for another attempt."""
        return self.record.changed(
            TrialState.WAITING, reason="", measurements=tuple(self.curve.measurements)
        )

    def _result(self, event: Ended) -> Measurement | None:
        """Return the return value at its step; a bare number gets the objective's name."""
        returned = [m for m in event.measurements if m.source == "returned"]
        if not returned or why_no_result(returned, self.goals):
            return None
        names = {RETURNED: self.goals[0].metric}
        metrics = {names.get(name, name): value for name, value in returned[-1].metrics.items()}
        return self.curve.at_its_step(replace(returned[-1], metrics=metrics))
