"""A worker of a gang."""

import sys

from hpsearch.engine import Ended, Task
from hpsearch.workers.gang import Rendezvous
from hpsearch.workers.gang.rendezvous import joined, reserved_port
from hpsearch.workers.handover import Tell
from hpsearch.workers.ray.machines import this_host
from hpsearch.workers.ray.process import ProcessWorker
from hpsearch.workers.trial import Exchange


class RankWorker(ProcessWorker):
    """Rank 0 says where the gang meets; the driver tells the others with their task."""

    def attempt(self, task: Task) -> None:
        """See `ProcessWorker.attempt`."""
        if task.rank:
            super().attempt(task)
            return
        with reserved_port() as port:
            meeting = Rendezvous(task.number, this_host(), port)
            self._send(meeting)
            super().attempt(joined(task, meeting))

    def run(self, task: Task, exchange: Exchange, tell: Tell) -> Ended:
        """See `Worker.run`; the next trial can join a process group of its own afterwards."""
        try:
            return super().run(task, exchange, tell)
        finally:
            leave_process_group()


def leave_process_group() -> None:
    """Leave torch's process group, if the trainable has joined one and not left it."""
    distributed = sys.modules.get("torch.distributed")
    if distributed is not None and distributed.is_available() and distributed.is_initialized():
        distributed.destroy_process_group()
