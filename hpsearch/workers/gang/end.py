"""How an attempt of a gang ended, from the ends of its ranks.

If rank 0 ends well, that is the end, as soon as the others have ended, or have not for too long.
If a rank fails first, the others often fail or hang because of it. So for a moment all that
happens is heard before one is blamed: a machine that is gone, then a process that died, then an
error of the device, then the first error.
"""

from collections.abc import Iterable
from dataclasses import replace

from hpsearch.engine import Ended
from hpsearch.workers.gang.parts import join_stored

FAILED_SECONDS = 3.0
"""How long the others are heard after a rank has failed; a broken connection tells of a death."""

END_SECONDS = 30.0
"""How long the others may be silent after rank 0 has ended; then their processes are killed."""


class Ends:
    """The ends of the ranks, in the order in which they came."""

    def __init__(self, number: int, size: int) -> None:
        self._number = number
        self._size = size
        self._ends: dict[int, Ended] = {}
        self._since = 0.0
        self._fault = ""

    def fail(self, reason: str) -> None:
        """Have the attempt end as crashed: it is killed."""
        self._fault = self._fault or reason

    def add(self, rank: int, ended: Ended, now: float) -> None:
        """Take the end of a rank."""
        if self.is_open:
            self._since = now
        self._ends[rank] = ended

    def hear(self, now: float) -> None:
        """Note that some rank has said something."""
        if not self._failed:
            self._since = now

    @property
    def is_open(self) -> bool:
        """Whether nothing is decided yet: neither has rank 0 ended nor another one failed."""
        return 0 not in self._ends and not self._failed

    def verdict(self, now: float, *, in_doubt: bool) -> Ended | None:
        """Return how the attempt ended, None if it has not; `in_doubt`: some process may be dead.

        A rank that has not ended then must be killed.
        """
        is_whole = len(self._ends) == self._size
        if in_doubt or (self.is_open and not (self._fault or is_whole)):
            return None
        patience = FAILED_SECONDS if self._failed else END_SECONDS
        if not (self._fault or is_whole or now - self._since > patience):
            return None
        return self._joined(self._blamed())

    @property
    def _failed(self) -> list[int]:
        """The ranks that failed before rank 0 ended well."""
        failed = []
        for rank, end in self._ends.items():
            if end.how in ("returned", "stopped"):
                if rank == 0:
                    break
            else:
                failed.append(rank)
        return failed

    def _blamed(self) -> Ended:
        if self._fault:
            return Ended(self._number, "crashed", self._fault)
        failed = self._failed
        if not failed:
            return self._ends[0]
        rank = min(failed, key=lambda one: _guilt(self._ends[one]))
        end = self._ends[rank]
        reasons = {self._ends[one].reason for one in failed}
        if len(failed) == self._size and len(reasons) == 1:  # it is not about one of them
            return end
        reason = end.reason if end.how == "infeasible" else f"rank {rank}: {end.reason}"
        traces = {one: self._ends[one].traceback for one in failed if self._ends[one].traceback}
        trace = "\n".join(f"rank {one}:\n{text}" for one, text in traces.items())
        return replace(end, reason=reason, traceback=trace)

    def _joined(self, end: Ended) -> Ended:
        """Return the end with what all ranks left; measurements and place are rank 0's."""
        lead = self._ends.get(0)
        ends = [one for _, one in sorted(self._ends.items())]
        artifacts = [one.artifacts for one in ends if one.artifacts is not None]
        return replace(
            end,
            measurements=lead.measurements if lead is not None else (),
            place=lead.place if lead is not None else None,
            artifacts=join_stored(artifacts) if artifacts else None,
            threads=_distinct(name for one in ends for name in one.threads),
            output=b"".join(_output(rank, one) for rank, one in sorted(self._ends.items())),
        )


def _guilt(end: Ended) -> int:
    """Return a rank's place among those that may be blamed, the first one lowest."""
    if end.died:
        return ("lost", "crashed").index(end.how)
    return 2 if end.device_fault else 3


def _output(rank: int, end: Ended) -> bytes:
    if rank == 0 or not end.output:
        return end.output
    return f"rank {rank} printed:\n".encode() + end.output


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
