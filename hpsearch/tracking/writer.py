"""The thread that writes entries to MLflow: apart from the search, patiently, and never twice.

Finished trials are written at once and running ones at most every two seconds, so that a short
trial is written in one go. Where MLflow fails, entries stay and the thread tries again with growing
pauses. All that this file knows of MLflow is that writing may take long and raise anything.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from hpsearch.common.redaction import problem
from hpsearch.common.trial import TrialRecord
from hpsearch.tracking.pending import Entry, Pending

RETRY_SECONDS = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Pauses after the first, second, … failure in a row."""
SLOW_SECONDS = 1.5
"""Where a trial takes longer than this, a person is told; 0.01 to 0.1 is usual."""


class Target(Protocol):
    """Where entries are written to."""

    def is_new(self, number: int) -> bool: ...

    def missing(self, records: Sequence[TrialRecord]) -> list[TrialRecord]: ...

    def write(self, entries: Sequence[Entry]) -> None: ...


class Writer:
    """Holds what is to be written and, once started, the thread that writes it.

    `notify` is told, from that thread, when writing begins to fail, when it works again, and once
    where it is slow.
    """

    def __init__(self, notify: Callable[[str], None]) -> None:
        self._notify = notify
        self._changed = threading.Condition()
        self._pending = Pending()
        self._unsynced: Sequence[TrialRecord] | None = None
        self._writing: Sequence[Entry] = ()
        self._is_slow = False
        self._failures = 0
        self._retry_at = 0.0
        self._closing = self._stopped = False
        self._thread: threading.Thread | None = None
        self.problem = ""
        """What the last failure said."""

    def start(self, target: Target) -> None:
        """Begin to write."""
        self._thread = threading.Thread(
            target=self._work, args=(target,), name="mlflow-writer", daemon=True
        )
        self._thread.start()

    def add(self, entry: Entry) -> None:
        """Have an entry written; returns at once."""
        with self._changed:
            self._pending.add(entry)
            self._changed.notify_all()

    def sync(self, records: Sequence[TrialRecord]) -> None:
        """Have everything written that the target misses of these records; returns at once."""
        with self._changed:
            self._unsynced = records
            self._changed.notify_all()

    def wait_for(self, number: int, seconds: float) -> bool:
        """Return whether a trial is written, waiting for it at most so long."""
        with self._changed:
            return self._changed.wait_for(lambda: number not in self._left(), seconds)

    def close(self, seconds: float) -> list[int]:
        """Write what is left for at most so long, then stop; return the trials not written."""
        with self._changed:
            self._closing, self._retry_at = True, 0.0
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(seconds)
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
            return sorted(self._left())

    def _left(self) -> set[int]:
        unsynced = {record.number for record in self._unsynced or () if record.state.is_finished}
        return self._pending.numbers | unsynced | {entry.number for entry in self._writing}

    # ---- in the thread ---------------------------------------------------------------------------

    def _work(self, target: Target) -> None:
        while self._wait():
            try:
                self._step(target)
            except Exception as error:
                self._failed(problem(error))
            else:
                self._succeeded()

    def _wait(self) -> bool:
        """Wait until there is something to do; return False where the thread is to end."""
        with self._changed:
            while not self._stopped:
                seconds = self._seconds_until_due(time.monotonic())
                if seconds is None and self._closing:
                    return False
                if seconds is not None and seconds <= 0:
                    return True
                self._changed.wait(seconds)
            return False

    def _seconds_until_due(self, now: float) -> float | None:
        due = 0.0 if self._unsynced is not None else self._pending.seconds_until_due(now)
        if due is None:
            return None
        return max(0.0 if self._closing else due, self._retry_at - now)

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
            self._writing = self._pending.take(now, target.is_new)
        begun = time.monotonic()
        target.write(self._writing)
        self._note_time((time.monotonic() - begun) / max(1, len(self._writing)))

    def _note_time(self, seconds: float) -> None:
        """Tell a person, once, where a trial takes long."""
        if seconds > SLOW_SECONDS and not self._is_slow:
            self._is_slow = True
            self._notify(
                f"MLflow is slow ({seconds:.1f} s a trial); the search does not wait for it"
            )

    def _succeeded(self) -> None:
        if self._failures:
            self._notify("MLflow answers again and is brought up to date")
        with self._changed:
            self._writing, self._failures, self.problem = (), 0, ""
            self._changed.notify_all()

    def _failed(self, why: str) -> None:
        if not self._failures:
            self._notify(f"MLflow cannot be written; the search goes on without it: {why}")
        with self._changed:
            self._pending.put_back(self._writing)
            pause = RETRY_SECONDS[min(self._failures, len(RETRY_SECONDS) - 1)]
            self._retry_at = time.monotonic() + (min(pause, 1.0) if self._closing else pause)
            self._writing = ()
            self._failures += 1
            self.problem = why
            self._changed.notify_all()
