"""An attempt of a gang on the workers of its slot: rank 0 begins, the others join it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from hpsearch.common.logs import wait_until_whole
from hpsearch.engine import Answer, Ended, Event, Task
from hpsearch.workers.gang import Gang, Rendezvous
from hpsearch.workers.gang.rendezvous import joined
from hpsearch.workers.slots import Slot


class GangAttempt:
    """What all ranks say goes through here; each has it as its `gang`.

    `begin` starts a rank's part on its worker, `send` answers a worker by its name.
    """

    def __init__(
        self,
        slot: Slot,
        task: Task,
        *,
        begin: Callable[[Slot, Task], None],
        send: Callable[[str, Answer], None],
    ) -> None:
        self.slot = slot
        self._ranks = slot.ranks
        self._begin = begin
        names = [one.worker.name for one in self._ranks]  # no cycle: see `Slots.remove`
        self._gang = Gang(task.number, len(names), lambda rank, answer: send(names[rank], answer))
        self._tasks = [_task_of(task, rank, len(self._ranks)) for rank in range(len(self._ranks))]

    def start(self) -> None:
        """Begin on rank 0."""
        for one in self._ranks:
            one.gang = self
        self._begin(self.slot, self._tasks[0])

    def take(self, worker: Slot, event: Event | Rendezvous) -> list[Event]:
        """Take in what one of the workers said; return what the engine hears because of it."""
        if isinstance(event, Rendezvous):
            for one, task in list(zip(self._ranks, self._tasks, strict=True))[1:]:
                self._begin(one, joined(task, event))
            return []
        rank = self._ranks.index(worker)
        if isinstance(event, Ended):
            event = replace(event, output=event.output + self._written(rank, event))
        return self._gang.take(rank, event)

    def answer(self, answer: Answer) -> None:
        """Pass on the engine's answer."""
        self._gang.answer(answer)

    def fail(self, reason: str) -> None:
        """Have the attempt end as crashed, now that its processes are killed."""
        self._gang.fail(reason)

    @property
    def mismatch(self) -> str:
        """Why the attempt should be killed, or nothing."""
        return self._gang.mismatch

    def end(self) -> Ended | None:
        """Return how the attempt ended, None if it has not; what is left of it must be killed."""
        running = [one for one in self._ranks if one.call is not None]
        in_doubt = any(one.gone is not None for one in running)
        ended = self._gang.verdict(in_doubt=in_doubt)
        if ended is not None and running:
            self.slot.killed = self.slot.killed or "the others had ended"
        return ended

    def _written(self, rank: int, event: Ended) -> bytes:
        """Return what a follower of this machine wrote into a file of its own; remove that."""
        file = Path(self._tasks[rank].log)
        if not rank or not self._tasks[rank].log:
            return b""
        with suppress(OSError):
            if event.died:
                wait_until_whole(file)
            written = file.read_bytes()
            file.unlink()
            return written
        return b""


def _task_of(task: Task, rank: int, size: int) -> Task:
    """Return a rank's task; it waits for the answer to each report."""
    return replace(task, rank=rank, world_size=size, waits_at=0.0, log=_log(task.log, rank))


def _log(log: str, rank: int) -> str:
    """Return the file for what a rank prints: each needs its own while the attempt runs."""
    if not (rank and log):
        return log
    file = Path(log).with_suffix(f".rank-{rank}.log")
    try:
        file.touch(mode=0o600)
    except OSError:
        return ""
    return str(file)
