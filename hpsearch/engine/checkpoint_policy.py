"""Which checkpoints are kept: what a running trial resumes from, and the best of the best.

A trial is asked for one where its step may turn out to be kept for good, and else at most every so
many seconds. What is dropped is dropped only after what replaces it is on disk, so that for the
moment of a write there may be one more than `max_gigabytes` allows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from hpsearch.common.checkpoints import Artifacts, Checkpoints
from hpsearch.common.goal import Goal, rank, values_at
from hpsearch.common.trial import Measurement, TrialRecord, TrialState
from hpsearch.engine.ports import Ended, Saved
from hpsearch.experiment import CheckpointRules


class Keeper:
    """Decides about checkpoints; the store only stores."""

    def __init__(
        self,
        store: Checkpoints,
        artifacts: Artifacts,
        *,
        goals: Sequence[Goal],
        rules: CheckpointRules,
        notify: Callable[[str], None],
    ) -> None:
        self._store = store
        self._artifacts = artifacts
        self._goals = goals
        self._rules = rules
        self._notify = notify
        self._is_refused = self._is_full = self._is_over = False
        self._top: list[TrialRecord] = []
        self._saved: dict[int, float] = {}

    def began(self, number: int) -> None:
        """Take an unfinished trial into account, and start the clock of its attempt."""
        self._saved[number] = time.monotonic()

    def wants(self, record: TrialRecord, decisive: Measurement | None, step: int) -> bool:
        """Return whether a checkpoint of this step is wanted: it may be kept, or one is due."""
        due = time.monotonic() - self._saved[record.number] >= self._rules.every_seconds
        return due or self._may_be_kept(record, decisive, step)

    def save(self, event: Saved, decisive: Measurement | None) -> None:
        """Keep a checkpoint, then drop all of the trial but the latest and that of its value."""
        self._saved[event.number] = time.monotonic()
        with self._disk_permitting():
            self._store.save(event.number, event.measurement, event.files)
            self._is_refused = False
            keep = {event.measurement.step} | ({decisive.step} if decisive else set())
            self._store.clean(event.number, keep=frozenset(keep))
            self._make_room()

    def last_saved(self, number: int) -> int | None:
        """Return the step of the trial's last checkpoint, None without one."""
        return max(self._store.steps(number), default=None)

    def save_artifacts(self, event: Ended) -> None:
        """Keep what the trainable made for people."""
        if event.artifacts:
            with self._disk_permitting():
                self._artifacts.save(event.number, event.artifacts)

    def count(self, record: TrialRecord) -> None:
        """Take a finished trial into account."""
        if record.state is TrialState.COMPLETE:
            self._top.append(record)
            self._top.sort(key=lambda one: rank(one, self._goals))
        self._saved.pop(record.number, None)

    def drop(self, record: TrialRecord) -> None:
        """Drop what a finished trial, already counted, leaves without use."""
        kept = record.kept_step if record in self._top[: self._rules.keep] else None
        with self._disk_permitting():
            for dropped in self._top[self._rules.keep :]:
                self._store.clean(dropped.number, keep=frozenset())
            self._store.clean(record.number, keep=frozenset(() if kept is None else (kept,)))
        del self._top[self._rules.keep :]

    def _make_room(self) -> None:
        """Drop checkpoints of finished trials, the worst first, until the rest is few enough."""
        if self._rules.max_gigabytes is None:
            return
        most = self._rules.max_gigabytes * 1e9
        sizes = {n: self._store.size(n) for n in [*self._saved, *(r.number for r in self._top)]}
        while sum(sizes.values()) > most and len(self._top) > 1:
            self._is_full = True
            worst = self._top.pop().number
            self._store.clean(worst, keep=frozenset())
            del sizes[worst]
        is_over = sum(sizes.values()) > most
        if is_over and not self._is_over:
            self._notify(
                f"checkpoints take {sum(sizes.values()) / 1e9:.3g} GB, more than "
                "`checkpoints.max_gigabytes`: unfinished trials and the best one need them"
            )
        self._is_over = self._is_over or is_over

    @contextmanager
    def _disk_permitting(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if not self._is_refused:
                self._notify(f"checkpoints cannot be kept, the search goes on without: {error}")
            self._is_refused = True

    def _may_be_kept(self, record: TrialRecord, decisive: Measurement | None, step: int) -> bool:
        """Return whether the trial's value is of this step, and good enough for the best trials."""
        if decisive is None or decisive.step != step:
            return False
        if len(self._top) < self._rules.keep and not (self._is_full and self._top):
            return True
        candidate = replace(record, values=values_at(decisive, self._goals))
        return rank(candidate, self._goals) < rank(self._top[-1], self._goals)
