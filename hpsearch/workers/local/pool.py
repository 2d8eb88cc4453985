"""The pool of this process: one slot, no Ray; for a debugger, for tests and for tiny trainables."""

import math
from collections.abc import Sequence
from pathlib import Path

from hpsearch.common.trial import Decision
from hpsearch.engine.ports import Ended, Event, Task
from hpsearch.experiment.schema import Experiment
from hpsearch.trainable.signature import Signature
from hpsearch.workers.worker import Worker, WorkerSetup


class LocalPool:
    """Runs attempts in this process, one after another; see `ports.Pool`.

    Not covered: `kill` and time limits, since a thread of one's own process cannot be ended.
    """

    slots = 1

    def __init__(self, setup: WorkerSetup) -> None:
        self._worker = Worker(setup)
        self._begun: Task | None = None
        self._decision: Decision | None = None
        self._killed: Ended | None = None

    @classmethod
    def of(cls, experiment: Experiment, folder: Path) -> "LocalPool":
        """Return the pool for an experiment whose trainable stands in `folder`."""
        threads = max(1, math.floor(experiment.resources.cpus_per_trial))
        device = "cuda" if experiment.resources.fixed_gpus else "cpu"
        return cls(WorkerSetup(experiment.trainable, folder, device, threads))

    def load(self) -> Signature:
        """Import the trainable; raises UserError where it is broken."""
        return self._worker.load()

    def start(self, task: Task) -> None:
        self._begun = task

    def wait(self, seconds: float) -> Sequence[Event]:
        """Let the attempt go on until its next event, however long that takes."""
        if self._killed is not None:
            event: Event = self._killed
            self._killed = None
        elif self._begun is not None:
            task, self._begun = self._begun, None
            event = self._worker.begin(task)
        elif self._decision is not None:
            decision, self._decision = self._decision, None
            event = self._worker.advance(decision)
        else:
            return ()
        return (event,)

    def answer(self, number: int, decision: Decision) -> None:
        self._decision = decision

    def kill(self, number: int, reason: str) -> None:
        self._decision = None
        self._killed = Ended(number, "crashed", reason)

    def close(self) -> None:
        """Nothing to end: the attempt's thread is a daemon."""
