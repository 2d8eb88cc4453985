"""The parts of a checkpoint that the ranks write, joined into one.

It is whole when each rank that saves has stored its part. A rank that reports without
`checkpoint` has none, nor has one that has still not reported anything when rank 0 reports again:
many scripts report on rank 0 alone.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from hpsearch.common.checkpoints import Stored, StoredFile
from hpsearch.engine import Saved


class Parts:
    """The parts that have come, and those that are due."""

    def __init__(self, size: int) -> None:
        self._followers = range(1, size)
        self._parts: dict[int, dict[int, Saved]] = defaultdict(dict)
        self._last: dict[int, int] = {}
        self._savable: set[tuple[int, int]] = set()
        self._ended: set[int] = set()
        self._failed = False

    def note_report(self, rank: int, step: int, *, savable: bool) -> None:
        """Note that a rank has reported a step, perhaps with a way to save its part."""
        self._last[rank] = step
        if savable:
            self._savable.add((rank, step))

    def note_end(self, rank: int, *, failed: bool) -> None:
        """Note that a rank has ended; if it failed, what is not whole stays so."""
        self._ended.add(rank)
        self._failed = self._failed or failed

    def add(self, rank: int, saved: Saved) -> None:
        """Take a part that a rank has stored."""
        self._parts[saved.measurement.step][rank] = saved

    def pop_whole(self) -> list[Saved]:
        """Return the checkpoints that are whole now; one without any file is none."""
        whole = [step for step in sorted(self._parts) if self._is_whole(step)]
        joined = [join(self._parts.pop(step)) for step in whole]
        return [one for one in joined if one.stored.files or one.stored.problem]

    def _is_whole(self, step: int) -> bool:
        there = self._parts[step]
        missing = [rank for rank in self._followers if rank not in there]
        return 0 in there and not any(self._is_due(rank, step) for rank in missing)

    def _is_due(self, rank: int, step: int) -> bool:
        """Return whether a part that is not there yet may still come, or was lost."""
        last = self._last.get(rank)
        if self._failed or (rank, step) in self._savable:
            return True
        if rank in self._ended:
            return False
        if last is None:  # one that never reports has no part
            return self._last[0] <= step and 0 not in self._ended
        return last < step


def join(parts: Mapping[int, Saved]) -> Saved:
    """Return the checkpoint of all parts, with rank 0's measurement."""
    stored = [part.stored for _, part in sorted(parts.items())]
    return replace(parts[0], stored=join_stored(stored))


def join_stored(parts: Iterable[Stored]) -> Stored:
    """Return what several ranks have stored under one reference."""
    parts = list(parts)
    files: dict[str, StoredFile] = {}
    for part in parts:
        files |= part.files
    problems = dict.fromkeys(part.problem for part in parts if part.problem)
    return Stored(parts[0].reference, {} if problems else files, "; ".join(problems))
