"""The thread that writes entries to a target: it never delays the search and writes nothing twice.

`pending.py` says when an entry is due. If the target fails, entries stay, and the thread tries
again after growing pauses. If it answers but refuses one entry, that entry is tried alone,
`REFUSALS` times in all, and then set aside so that the others are written; `close` tries it once
more. All that this file knows of a target: writing may take long and raise anything. While another
driver may have the study, nothing is written: two would write each trial twice.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import inf
from typing import Protocol

from hpsearch.common.redaction import problem
from hpsearch.common.text import kind_of
from hpsearch.common.trial import TrialRecord
from hpsearch.tracking.pending import Entry, Pending

RETRY_SECONDS = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Pauses after the first, second, … failure in a row."""
REFUSALS = 3
"""After so many refusals an entry is set aside."""
SLOW_SECONDS = 1.5
"""A person is told if writing a trial takes longer than this; 0.01 to 0.1 is usual."""


class Target(Protocol):
    """Where entries are written to."""

    def missing(self, records: Sequence[TrialRecord]) -> list[TrialRecord]:
        """Return the finished trials that it does not have."""

    def write(self, entries: Sequence[Entry]) -> None:
        """Write these; whatever is raised, all of them are written again later."""

    def answers(self, error: Exception) -> bool:
        """Return whether it works and refuses what was written: trying again is useless."""


class Writer:
    """Holds what must be written and, once started, the thread that writes it.

    `notify` is told, from that thread, when writing begins to fail, when it works again, and once
    if it is slow.
    """

    def __init__(
        self, name: str, notify: Callable[[str], None], may_write: Callable[[], bool]
    ) -> None:
        """`name` is the target's, for people; `may_write` is asked before each look and write."""
        self._name = name
        self._may_write = may_write
        self._notify = notify
        self._changed = threading.Condition()
        self._pending = Pending()
        self._unsynced: Sequence[TrialRecord] | None = None
        self._writing: Sequence[Entry] = ()
        self._refused: dict[int, Entry] = {}
        self._reasons: dict[int, str] = {}
        self._is_slow = False
        self._failures = 0
        self._retry_at = 0.0
        self._wakes_at = 0.0
        """When the thread looks again by itself; 0 while it does not wait."""
        self._closing = self._stopped = False
        self._thread: threading.Thread | None = None
        self.problem = ""
        """What the last failure said."""

    def start(self, target: Target) -> None:
        """Begin to write."""
        thread = threading.Thread(
            target=self._work, args=(target,), name=f"hpsearch-{self._name}-writer", daemon=True
        )
        with self._changed:  # `close` in another thread joins it once it runs
            thread.start()
            self._thread = thread

    def add(self, entry: Entry) -> None:
        """Have an entry written; returns at once. One set aside is tried again when it ends."""
        with self._changed:
            if entry.number in self._refused and not entry.record.state.is_finished:
                return
            self._refused.pop(entry.number, None)
            self._pending.add(entry)
            if entry.due < self._wakes_at:  # each report would wake it else
                self._changed.notify_all()

    def sync(self, records: Sequence[TrialRecord]) -> None:
        """Write those of these records that the target lacks; returns at once."""
        with self._changed:
            self._unsynced = records
            self._changed.notify_all()

    def wait_for(self, number: int, seconds: float) -> bool:
        """Wait for a trial to be written, at most so long; return whether it is."""
        with self._changed:
            self._changed.wait_for(
                lambda: number in self._refused or number not in self._left(), seconds
            )
            return number not in self._left()

    def why_not(self, number: int) -> str:
        """Return why a trial is not written, as the target says it; empty if nothing failed."""
        return self._reasons.get(number, self.problem)

    def close(self, seconds: float) -> list[int]:
        """Write what is left for at most so long, then stop; return the trials not written.

        If nothing may be written, it stops at once.
        """
        with self._changed:
            self._closing, self._retry_at = True, 0.0
            if not self._stopped:
                self._pending.put_back([*self._refused.values()])
                self._refused = {}
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(seconds)
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
            return sorted(self._left())

    def _left(self) -> set[int]:
        unsynced = {record.number for record in self._unsynced or () if record.state.is_finished}
        return (
            self._pending.numbers
            | unsynced
            | {entry.number for entry in self._writing}
            | set(self._refused)
        )

    # ---- in the thread ---------------------------------------------------------------------------

    def _work(self, target: Target) -> None:
        while self._wait():
            if not self._may_step():
                continue
            try:
                self._step(target)
            except Exception as error:
                self._failed(problem(error))
            else:
                self._succeeded()

    def _wait(self) -> bool:
        """Wait until there is something to do; return False if the thread must end."""
        with self._changed:
            while not self._stopped:
                seconds = self._seconds_until_due(time.monotonic())
                if seconds is None and self._closing:
                    return False
                if seconds is not None and seconds <= 0:
                    return True
                self._wakes_at = inf if seconds is None else time.monotonic() + seconds
                self._changed.wait(seconds)
                self._wakes_at = 0.0
            return False

    def _seconds_until_due(self, now: float) -> float | None:
        due = 0.0 if self._unsynced is not None else self._pending.seconds_until_due(now)
        if due is None:
            return None
        return max(0.0 if self._closing else due, self._retry_at - now)

    def _may_step(self) -> bool:
        """Return whether this driver may write; if not, ask again later, at the end never."""
        is_last = self._closing
        if self._may_write():
            return True
        with self._changed:
            self._stopped = self._stopped or is_last
            self._retry_at = time.monotonic() + RETRY_SECONDS[0]
        return False

    def _step(self, target: Target) -> None:
        if self._unsynced is not None:
            records = self._unsynced
            missing = target.missing(records)
            with self._changed:
                for record in missing:
                    self._pending.put_back([Entry(record)])
                self._unsynced = None if self._unsynced is records else self._unsynced
            return
        with self._changed:
            now = float("inf") if self._closing else time.monotonic()
            self._writing = self._pending.take(now)
        begun = time.monotonic()
        try:
            target.write(self._writing)
        except Exception as error:
            if not target.answers(error):
                raise
            self._refuse(problem(error))
            return
        self._note_time((time.monotonic() - begun) / max(1, len(self._writing)))

    def _refuse(self, why: str) -> None:
        """Try what was refused again, each entry alone; at last set it aside, and say so."""
        with self._changed:
            if len(self._writing) > 1:
                self._pending.put_back([replace(one, alone=True) for one in self._writing])
                return
            (entry,) = self._writing
            count = entry.refusals + 1
            pause = RETRY_SECONDS[min(entry.refusals, len(RETRY_SECONDS) - 1)]
            again = replace(entry, refusals=count, due=time.monotonic() + pause)
            if count < REFUSALS:
                self._pending.put_back([again])
                return
            self._refused[entry.number] = replace(again, refusals=REFUSALS - 1)
            is_known = kind_of(why) in map(kind_of, self._reasons.values())
            self._reasons[entry.number] = why
        if not is_known:
            self._notify(
                f"{self._name} refuses trial {entry.number}, the others are recorded: {why}"
            )

    def _note_time(self, seconds: float) -> None:
        """Tell a person, once, if writing a trial takes long."""
        if seconds > SLOW_SECONDS and not self._is_slow:
            self._is_slow = True
            self._notify(
                f"{self._name} is slow ({seconds:.1f} s a trial); the search does not wait for it"
            )

    def _succeeded(self) -> None:
        if self._failures:
            self._notify(f"{self._name} answers again and is brought up to date")
        with self._changed:
            self._writing, self._failures, self.problem = (), 0, ""
            self._changed.notify_all()

    def _failed(self, why: str) -> None:
        if not self._failures:
            self._notify(f"{self._name} cannot be written; the search continues without it: {why}")
        with self._changed:
            self._pending.put_back(self._writing)
            pause = RETRY_SECONDS[min(self._failures, len(RETRY_SECONDS) - 1)]
            self._retry_at = time.monotonic() + (min(pause, 1.0) if self._closing else pause)
            self._writing = ()
            self._failures += 1
            self.problem = why
            self._changed.notify_all()
