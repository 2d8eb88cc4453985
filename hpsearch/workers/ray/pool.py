"""The pool of warm Ray actors, one per slot, on one machine or a cluster.

An actor is made once and runs trial after trial; one whose process died is replaced. `fleet.py` has
as many as there is room for, `attempts.py` what runs on them. Loopback only, a token for every
call, no dashboard, no usage statistics.

If our own Ray died, it is started again (`session.py`), and all attempts are `lost`.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from hpsearch.engine import Answer, Event, Result, Task
from hpsearch.experiment import Experiment, Resources
from hpsearch.trainable import Given
from hpsearch.workers.connection import WorkerConnections
from hpsearch.workers.ray.attempts import Attempts
from hpsearch.workers.ray.fleet import TEND_SECONDS, Fleet
from hpsearch.workers.ray.machines import driver_host
from hpsearch.workers.ray.session import RaySession
from hpsearch.workers.setup import WorkerSetup
from hpsearch.workers.shipment import packed_trainable
from hpsearch.workers.upload.checks import copy_of


class RayPool:
    """See `ports.Pool`. Close it, or Ray's processes run until this process ends."""

    def __init__(
        self,
        setup: WorkerSetup,
        resources: Resources,
        *,
        most: int,
        notify: Callable[[str], None] = lambda text: None,
    ) -> None:
        """Start or reach Ray, for at most `most` workers; `notify` is told of what they lack.

        Raises UserError if the cluster cannot be reached or a trial does not fit on this machine.
        """
        self._session = RaySession(resources, setup.folder, verbose=setup.verbose)
        with ExitStack() as undo:
            undo.callback(self._session.close)
            self._connections = WorkerConnections(driver_host(resources))
            undo.callback(self._connections.close)
            self._fleet = Fleet(
                setup,
                resources,
                most=most,
                is_ours=self._session.is_ours,
                connections=self._connections,
                notify=notify,
            )
            self._attempts = Attempts(self._session, self._fleet, self._connections, notify)
            undo.pop_all()

    @classmethod
    def of(
        cls,
        experiment: Experiment,
        folder: Path,
        *,
        verbose: bool,
        logs: Path | None = None,
        notify: Callable[[str], None] = lambda text: None,
    ) -> "RayPool":
        """Return the pool for an experiment whose trainable is in `folder`.

        `logs` is the study's folder for what workers print while they import the trainable.
        """
        setup = WorkerSetup(
            experiment.reference,
            folder,
            logs=str(logs or ""),
            verbose=verbose,
            given=Given.of(experiment),
            study=experiment.name,
            trainable=packed_trainable(experiment),
            copy=copy_of(experiment.resources, folder),
        )
        return cls(setup, experiment.resources, most=experiment.budget.trials, notify=notify)

    @property
    def slots(self) -> int:
        """How many attempts may run at once, at this moment."""
        return self._fleet.count

    @property
    def most_slots(self) -> int:
        """How many there are room for on the machines that are there now."""
        return self._fleet.slots.most

    def load(self, check: Callable[[], None] = lambda: None) -> None:
        """Return when a first worker has imported the trainable; raises UserError as it does."""
        while not self._fleet.has_loaded:
            check()
            self._attempts.wait(TEND_SECONDS)  # not the fleet's `tend` alone: Ray may die now

    def serve(self, loop: Callable[[], Result]) -> Result:
        return loop()

    def start(self, task: Task) -> None:
        self._attempts.start(task)

    def wait(self, seconds: float) -> Sequence[Event]:
        return self._attempts.wait(seconds)

    def answer(self, number: int, answer: Answer) -> None:
        self._attempts.answer(number, answer)

    def hold(self, number: int) -> None:
        self._attempts.hold(number)

    def limit(self, slots: int) -> None:
        self._fleet.limit(slots)

    def kill(self, number: int, reason: str) -> None:
        self._attempts.kill(number, reason)

    def close(self) -> None:
        """End the workers, and Ray itself if it was started here; twice does no harm."""
        # a worker that is still starting ends with a Ray that nobody else uses
        self._fleet.close(wait=self._session.must_wait_for_workers)
        self._connections.close()
        self._session.close()
