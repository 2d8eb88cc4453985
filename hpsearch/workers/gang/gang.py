"""What the ranks of one attempt say, as the one attempt that the engine knows.

Rank 0 is that attempt: its reports are decided about and recorded. The others' reports are only
answered, with the same decisions; their parts of a checkpoint, their artifacts and what they print
are joined with rank 0's.
"""

import time
from collections.abc import Callable
from dataclasses import replace

from hpsearch.common.decision import Decision
from hpsearch.engine import Answer, Ended, Event, Reported, Restored, RunFound, RunWanted, Saved
from hpsearch.workers.gang.decisions import Decisions
from hpsearch.workers.gang.end import Ends
from hpsearch.workers.gang.parts import Parts


class Gang:
    """The gang of one attempt at the trial `number`; `send` answers a rank."""

    def __init__(self, number: int, size: int, send: Callable[[int, Answer], None]) -> None:
        self._send = send
        self._decisions = Decisions(send)
        self._parts = Parts(size)
        self._ends = Ends(number, size)
        self._run: RunFound | None = None
        self._want_run: list[int] = []
        self._restored: dict[int, Restored] = {}
        self.mismatch = ""
        """Why the ranks cannot go on together; the attempt should be killed."""

    def take(self, rank: int, event: Event) -> list[Event]:
        """Take in what a rank said; return what the engine hears because of it."""
        self._ends.hear(time.monotonic())
        match event:
            case Reported():
                return [*self._report(rank, event), *self._parts.pop_whole()]
            case Saved():
                self._parts.add(rank, event)
                return [*self._parts.pop_whole()]
            case Restored():
                return self._restore(rank, event)
            case RunWanted():
                return self._ask_for_run(rank, event)
            case Ended():
                self._note_end(rank, event)
                return [*self._parts.pop_whole()]
        return [event]

    def answer(self, answer: Answer) -> None:
        """Pass on the engine's answer."""
        if isinstance(answer, Decision):
            self._decisions.make(answer)
            return
        self._run = answer
        while self._want_run:
            self._send(self._want_run.pop(), answer)

    def fail(self, reason: str) -> None:
        """Have the attempt end as crashed: its processes are killed."""
        self._ends.fail(reason)

    def verdict(self, *, in_doubt: bool) -> Ended | None:
        """Return how the attempt ended, None if it has not; see `Ends.verdict`."""
        return self._ends.verdict(time.monotonic(), in_doubt=in_doubt)

    def _report(self, rank: int, event: Reported) -> list[Event]:
        step = event.measurements[-1].step
        self._parts.note_report(rank, step, savable=event.savable)
        self._decisions.ask(rank, step)
        return [event] if rank == 0 else []

    def _restore(self, rank: int, event: Restored) -> list[Event]:
        """Pass on rank 0's; a rank that resumes from another checkpoint would train another model.

        What it found damaged is quarantined, so that the next attempt's ranks agree.
        """
        self._restored[rank] = event
        lead = self._restored.get(0)
        if lead is None:
            return []
        new = [event] if rank else [*self._restored.values()]
        if any(one.step != lead.step for one in new):
            self.mismatch = "its ranks resumed from checkpoints of different steps"
        return [replace(one, step=lead.step) for one in new]

    def _ask_for_run(self, rank: int, event: RunWanted) -> list[Event]:
        if self._run is not None:
            self._send(rank, self._run)
            return []
        self._want_run.append(rank)
        return [event] if len(self._want_run) == 1 else []

    def _note_end(self, rank: int, event: Ended) -> None:
        self._ends.add(rank, event, time.monotonic())
        self._parts.note_end(rank, failed=event.how not in ("returned", "stopped"))
        if rank == 0:
            self._decisions.end()
