"""One attempt that is under way: what the driver knows of it, and what comes of it in the end."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hpsearch.common.errors import nearest
from hpsearch.common.goal import Goal, has_value, has_values, measurement_of_value, values_at
from hpsearch.common.text import count
from hpsearch.common.trial import Measurement, TrialRecord, TrialState
from hpsearch.engine.curve import Curve
from hpsearch.engine.ports import RETURNED, Ended
from hpsearch.engine.stops import Stop

STOP_SECONDS = 60.0
"""An attempt that was told to stop has so long to end; then its process is killed."""


@dataclass
class Attempt:
    """The driver's account of an attempt.

    `resumed_from` is the step of the checkpoint that it began with, `alone` says that no other may
    run beside it. `stop` was told to it; `deferred` will be at its next report, if there is one.
    `decisive` is the measurement that the trial's value is taken from so far.
    """

    record: TrialRecord
    goals: Sequence[Goal]
    resumed_from: int | None = None
    alone: bool = False
    stop: Stop | None = None
    deferred: Stop | None = None
    reports: int = 0
    counts_anew: bool = False
    decisive: Measurement | None = None
    begun: float = field(default_factory=time.monotonic)
    stopped: float | None = None
    is_killed: bool = False

    def __post_init__(self) -> None:
        self.curve = Curve(self.record.measurements)
        self.decisive = measurement_of_value(self.record.measurements, self.goals)
        self.began_at = self.curve.last_step

    def take(self, measurements: Sequence[Measurement]) -> list[Measurement]:
        """Take in what is new of measurements, and return that.

        The decisive one is carried along, so that this takes no longer with a longer curve.
        """
        new = self.curve.take(measurements)
        known = [self.decisive] if self.decisive is not None else []
        self.decisive = measurement_of_value([*known, *new], self.goals)
        return new

    def take_last(self, event: Ended) -> list[Measurement]:
        """Take in what came after the last report, the return value among it: that is final.

        What a trainable returns though it was told to stop is not its result.
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

    def note_report(self, step: int) -> None:
        """Count a report, and notice an attempt that counts its steps anew.

        It began with a checkpoint, and is again at the first step of the whole trial, or below.
        One that only repeats a few of its steps is none of these.
        """
        self.reports += 1
        if self.reports == 1 and self.resumed_from is not None:
            self.counts_anew = step <= self.curve.first_step < self.resumed_from

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

    def outcome(
        self, event: Ended, search_seconds: float, saved_step: int | None = None
    ) -> TrialRecord:
        """Return the finished record: what the engine decided, else what the attempt came to.

        `saved_step` is that of its last checkpoint.
        """
        state, reason = self._verdict(event)
        found = self.decisive if state is not TrialState.FAILED else None
        is_returned = found is not None and found.source == "returned"
        return self.record.changed(
            state,
            measurements=tuple(self.curve.measurements),
            values=values_at(found, self.goals),
            best_step=found.step if found else None,
            checkpoint_step=saved_step if is_returned else None,
            reason=reason,
            traceback=event.traceback if state is TrialState.FAILED else "",
            search_seconds=round(search_seconds, 3),
        )

    def put_by(self) -> None:
        """Note that the attempt is over and the trial put by; its stop is kept for the end."""
        reason = self.stop.reason if self.stop else ""
        self.record = self.record.changed(TrialState.PAUSED, reason=reason)

    def waiting(self) -> TrialRecord:
        """Return the record as that of a trial that is to be begun again."""
        return self.record.changed(
            TrialState.WAITING, reason="", measurements=tuple(self.curve.measurements)
        )

    def _verdict(self, event: Ended) -> tuple[TrialState, str]:
        if self.stop is not None:
            is_failed = self.stop.becomes is TrialState.FAILED
            return TrialState.FAILED if is_failed else TrialState.PRUNED, self.stop.reason
        if event.how in ("raised", "crashed", "lost"):
            return TrialState.FAILED, event.reason
        if self.decisive is None:
            why = why_without_value(self.curve.measurements, self.goals)
            return TrialState.FAILED, why + why_no_result(event.measurements, self.goals)
        return TrialState.COMPLETE, self._remark()

    def _remark(self) -> str:
        """Return what a person should know of a trial though it is complete."""
        if not self.counts_anew or self.curve.last_step > self.began_at:
            return ""
        return (
            f"resumed from step {self.resumed_from}, it counted its steps anew: "
            "nothing of its last attempt is recorded"
        )

    def _result(self, event: Ended) -> Measurement | None:
        """Return the return value at its step: a number has the objective's name, if it is one."""
        returned = [m for m in event.measurements if m.source == "returned"]
        if not returned or why_no_result(returned, self.goals):
            return None
        names = {RETURNED: self.goals[0].metric}
        metrics = {names.get(name, name): value for name, value in returned[-1].metrics.items()}
        return self.curve.placed(replace(returned[-1], metrics=metrics))


def why_unusable(measurement: Measurement, goals: Sequence[Goal]) -> str | None:
    """Return what is wrong with a report, or None; one without the objective is none the worse."""
    for goal in goals:
        if goal.metric in measurement.metrics and not has_value(measurement, goal):
            value = measurement.metrics[goal.metric]
            return f"{goal.metric} is {value} at step {measurement.step}"
    return None


def why_no_result(measurements: Sequence[Measurement], goals: Sequence[Goal]) -> str:
    """Say why a return value is none: one number for several objectives; nothing if it is one."""
    is_number = any(RETURNED in m.metrics for m in measurements)
    names = ", ".join(f"`{goal.metric}`" for goal in goals)
    return (
        f"; it returned one number: return a mapping of {names}" if is_number and goals[1:] else ""
    )


def why_without_value(measurements: Sequence[Measurement], goals: Sequence[Goal]) -> str:
    """Say why a trial that returned has no value: what it reported in place of the objective."""
    names = " and ".join(f"`{goal.metric}`" for goal in goals)
    at_once = "" if len(goals) == 1 else " at one step"
    reported = sorted({name for m in measurements if m.counts for name in m.metrics})
    logged = {name for m in measurements if not m.counts for name in m.metrics}
    near = [word for goal in goals if (word := nearest(goal.metric, reported)) is not None]
    said = f"it returned without a report of {names}{at_once}; it reported "
    said += ", ".join(reported) or "nothing"
    if any(goal.metric in logged for goal in goals):
        return f"{said}, and only logged the objective: use `trial.report` for it"
    missing = [goal.metric for goal in goals if goal.metric not in reported]
    return f"{said}; did you mean `{near[0]}`?" if near and missing else said
