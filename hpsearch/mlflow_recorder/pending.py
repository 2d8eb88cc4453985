"""What is still to be written to MLflow: one entry per trial, growing until it is taken."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hpsearch.trial import Measurement, TrialRecord

FLUSH_SECONDS = 2.0
"""A running trial is written at most this often."""
TOGETHER = 20
"""Most new trials written in one transaction: it keeps others from a SQLite file for 0.2 s."""


@dataclass(frozen=True)
class Entry:
    """A trial's newest record and its measurements that were not written yet.

    `since` is when the oldest part of it happened, in seconds on the monotonic clock.
    """

    record: TrialRecord
    measurements: Sequence[Measurement] = ()
    since: float = 0.0

    @property
    def number(self) -> int:
        return self.record.number

    def followed_by(self, later: "Entry") -> "Entry":
        """Return both entries as one."""
        return Entry(later.record, (*self.measurements, *later.measurements), self.since)


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

        One that MLflow refuses must not hold up the rest.
        """
        for entry in entries:
            later = self._entries.pop(entry.number, None)
            self._entries[entry.number] = entry.followed_by(later) if later else entry

    def seconds_until_due(self, now: float) -> float | None:
        """Return in how many seconds there is something to take, None where there is nothing."""
        if not self._entries:
            return None
        if any(entry.record.state.is_finished for entry in self._entries.values()):
            return 0.0
        return max(0.0, min(e.since for e in self._entries.values()) + FLUSH_SECONDS - now)

    def take(self, now: float, is_new: Callable[[int], bool]) -> list[Entry]:
        """Take what is to be written next: new finished trials together, anything else alone."""
        finished = [e for e in self._entries.values() if e.record.state.is_finished]
        new = [entry for entry in finished if is_new(entry.number)]
        due = [e for e in self._entries.values() if e.since + FLUSH_SECONDS <= now]
        taken = new[:TOGETHER] or finished[:1] or due[:1]
        for entry in taken:
            del self._entries[entry.number]
        return taken
