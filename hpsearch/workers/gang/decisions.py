"""Rank 0 is decided about; every rank gets the decision that belongs to the step of its own report.

So all ranks stop at the same step, and each saves its part of the same checkpoint. One that is
ahead of rank 0 waits for the decision, one that is behind finds it here.
"""

from collections.abc import Callable
from dataclasses import replace

from hpsearch.common.decision import Decision

LEAD_ENDED = Decision(stop=True, reason="rank 0 has ended")
"""The answer to a rank that reports what rank 0 never did."""


class Decisions:
    """The decisions of one attempt; `send` answers a rank."""

    def __init__(self, send: Callable[[int, Decision], None]) -> None:
        self._send = send
        self._asked = -1
        self._made: dict[int, Decision] = {}
        self._last_step = -1
        self._stop: Decision | None = None
        self._waiting: dict[int, int] = {}

    def ask(self, rank: int, step: int) -> None:
        """Note that a rank has reported a step, and waits."""
        if rank == 0:
            self._asked = step
        else:
            self._waiting[rank] = step
            self._answer()

    def make(self, decision: Decision) -> None:
        """Note the decision about rank 0's report, and answer those whose step it is."""
        decision = replace(decision, waits_at=0.0)  # each report of a gang waits
        self._last_step, self._made[self._asked] = self._asked, decision
        self._stop = replace(decision, save=False) if decision.stop else None
        self._send(0, decision)
        self._answer()

    def end(self) -> None:
        """Note that rank 0 has ended: nothing more is decided, and nobody waits in vain."""
        self._stop = self._stop or LEAD_ENDED
        self._answer()

    def _answer(self) -> None:
        for rank, step in list(self._waiting.items()):
            decision = self._about(step)
            if decision is not None:
                del self._waiting[rank]
                self._send(rank, decision)

    def _about(self, step: int) -> Decision | None:
        """Return the decision about a step, None if it is not made yet."""
        if step in self._made:
            return self._made[step]
        if self._stop is not None:
            return self._stop
        return Decision() if step < self._last_step else None  # rank 0 has left it out
