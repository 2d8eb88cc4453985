"""What a person should know of a search while it runs: kept up to date cheaply, drawn by others.

The driver's loop writes it, the drawing thread reads it: everything goes through one lock.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hpsearch.analysis import Meter, searched
from hpsearch.common.goal import Goal, best_record
from hpsearch.common.trial import Measurement, TrialRecord, TrialState
from hpsearch.experiment import Experiment

RECENT = 6
"""How many finished trials are shown."""

SPEED_METRIC = "steps_per_second"
"""A trainable that reports this metric knows its speed better than the clock here."""


@dataclass
class Running:
    """A trial that runs: its latest metrics, and its last measurements to take the speed from."""

    record: TrialRecord
    begun: float
    metrics: Mapping[str, float] = field(default_factory=dict)
    latest: "deque[Measurement]" = field(default_factory=lambda: deque(maxlen=8))

    @property
    def step(self) -> int | None:
        """The step reported last."""
        return self.latest[-1].step if self.latest else None

    @property
    def speed(self) -> float | None:
        """Steps per second: as reported, else over the last measurements, else since the start."""
        if SPEED_METRIC in self.metrics:
            return self.metrics[SPEED_METRIC]
        if not self.latest:
            return None
        last, first = self.latest[-1], self.latest[0]
        steps, seconds = last.step - first.step, last.seconds - first.seconds
        if len(self.latest) == 1:
            steps, seconds = last.step, last.seconds
        return steps / seconds if seconds > 0 and steps > 0 else None


class Board:
    """The state of a search as its listeners hear of it."""

    def __init__(
        self, experiment: Experiment, records: Sequence[TrialRecord], seconds: float
    ) -> None:
        self.lock = threading.RLock()
        self.experiment = experiment
        self.goals: tuple[Goal, ...] = experiment.goals
        self.metrics: dict[str, None] = {}
        self.running: dict[int, Running] = {}
        self.paused_trials = {r.number for r in records if r.state is TrialState.PAUSED}
        self.recent: deque[TrialRecord] = deque(maxlen=RECENT)
        self.counts: Counter[TrialState] = Counter()
        self.meter = Meter(self.goals)
        self.best: TrialRecord | None = None
        self.finished_now = 0
        self._earlier_seconds = max((r.search_seconds for r in records), default=seconds)
        self._begun = time.monotonic()
        self._ended: float | None = None
        for record in records:
            if record.state.is_finished:
                self._count(record)

    def started(self, record: TrialRecord) -> None:
        """Note that an attempt at a trial began."""
        with self.lock:
            self.paused_trials.discard(record.number)
            self.running[record.number] = Running(record, time.monotonic())

    def measured(self, record: TrialRecord, measurements: Sequence[Measurement]) -> None:
        """Note what a trial reported."""
        with self.lock:
            running = self.running.setdefault(record.number, Running(record, time.monotonic()))
            running.record = record
            for measurement in measurements:
                if measurement.counts:  # what is logged has a step axis of its own
                    running.latest.append(measurement)
                    running.metrics = {**running.metrics, **measurement.metrics}
            self.metrics.update(dict.fromkeys(running.metrics))

    def paused(self, record: TrialRecord) -> None:
        """Note that a trial waits to be promoted."""
        with self.lock:
            self.running.pop(record.number, None)
            self.paused_trials.add(record.number)

    def finished(self, record: TrialRecord) -> bool:
        """Note that a trial is over; return whether it is the new best one."""
        with self.lock:
            self.paused_trials.discard(record.number)
            self.running.pop(record.number, None)
            self.recent.appendleft(record)
            self.finished_now += 1
            return self._count(record)

    def end(self) -> None:
        """Stop the clock; nothing runs any more."""
        with self.lock:
            self._ended = self._ended or time.monotonic()
            self.running.clear()

    @property
    def finished_trials(self) -> int:
        """Trials that are over, of this run and those before."""
        return self.counts.total()

    @property
    def seconds(self) -> float:
        """Seconds of searching, over every run of the study."""
        return self._earlier_seconds + self._seconds_now

    def searched(self, record: TrialRecord) -> dict[str, Any]:
        """Return what the trial is told from others by, in the experiment's order."""
        return searched(record, self.experiment)

    def running_seconds(self, running: Running) -> float:
        """Seconds since the attempt began."""
        return (self._ended or time.monotonic()) - running.begun

    @property
    def seconds_left(self) -> float | None:
        """About how long it will still take at most; None if that is not known yet."""
        if self._ended is not None:
            return None
        budget = self.experiment.budget
        left = []
        if budget.minutes is not None:
            left.append(budget.minutes * 60 - self.seconds)
        if self.finished_now:
            trials = budget.trials - self.finished_trials
            left.append(trials * self._seconds_now / self.finished_now)
        return max(0.0, min(left)) if left else None

    @property
    def _seconds_now(self) -> float:
        return (self._ended or time.monotonic()) - self._begun

    def _count(self, record: TrialRecord) -> bool:
        self.counts[record.state] += 1
        self.meter.count(record)
        rivals = [one for one in (self.best, record) if one is not None]
        best = best_record(rivals, self.goals)
        is_new, self.best = best is not self.best, best
        return is_new
