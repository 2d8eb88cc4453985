"""What must still be written to a target: one entry per trial, growing until it is taken."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hpsearch.common.trial import Measurement, TrialRecord

FLUSH_SECONDS = 2.0
"""A running trial is written at most this often."""
GATHER_SECONDS = 0.5
"""A trial that ended waits so long for others: fast ones share a transaction.

None is written at the moment of its end: a slot then waits for its next trial, and writing would
take processor, disk and Python's lock from the search.
"""
TOGETHER = 20
"""Most trials written at once: their transaction keeps others from a SQLite file for 0.2 s."""


@dataclass(frozen=True)
class Entry:
    """A trial's newest record and its measurements that were not written yet.

    It is written once it is `due`, in seconds on the monotonic clock. `refusals` counts how often
    the target answered and refused it; if it may be the one of many that was refused, it is
    written `alone`.
    """

    record: TrialRecord
    measurements: Sequence[Measurement] = ()
    due: float = 0.0
    refusals: int = 0
    alone: bool = False

    @property
    def number(self) -> int:
        return self.record.number

    def followed_by(self, later: "Entry") -> "Entry":
        """Return both entries as one, due with the first."""
        measurements = (*self.measurements, *later.measurements)
        due = max(self.due, later.due) if self.refusals else min(self.due, later.due)
        return replace(self, record=later.record, measurements=measurements, due=due)


def news(record: TrialRecord, measurements: Sequence[Measurement] = ()) -> Entry:
    """Return an entry for what has just happened to a trial."""
    delay = GATHER_SECONDS if record.state.is_finished else FLUSH_SECONDS
    return Entry(record, measurements, time.monotonic() + delay)


class Pending:
    """The entries by trial, the oldest first. Not locked: its owner does that."""

    def __init__(self) -> None:
        self._entries: dict[int, Entry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def numbers(self) -> set[int]:
        """The trials that have an entry."""
        return set(self._entries)

    def add(self, entry: Entry) -> None:
        """Add what happened to a trial."""
        earlier = self._entries.get(entry.number)
        self._entries[entry.number] = earlier.followed_by(entry) if earlier else entry

    def put_back(self, entries: Sequence[Entry]) -> None:
        """Add entries that could not be written, behind all others.

        One that the target refuses must not hold up the rest.
        """
        for entry in entries:
            later = self._entries.pop(entry.number, None)
            self._entries[entry.number] = entry.followed_by(later) if later else entry

    def seconds_until_due(self, now: float) -> float | None:
        """Return in how many seconds an entry is due, None if there is none."""
        due = min((entry.due for entry in self._entries.values()), default=None)
        return None if due is None else max(0.0, due - now)

    def take(self, now: float) -> list[Entry]:
        """Take what is written next: finished trials together, anything else alone."""
        ready = [e for e in self._entries.values() if not e.refusals or e.due <= now]
        finished = [entry for entry in ready if entry.record.state.is_finished]
        together = [entry for entry in finished if not entry.alone]
        due = [entry for entry in self._entries.values() if entry.due <= now]
        taken = together[:TOGETHER] or finished[:1] or due[:1]
        for entry in taken:
            del self._entries[entry.number]
        return taken
