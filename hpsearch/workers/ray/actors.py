"""Workers as Ray actors: made, loaded, and ended when that is safe.

An actor that is killed just when its creation is sent to its process may leave that process behind,
alive and with its cores, for as long as Ray runs: "Mismatched ActorID: ignoring KillActor" (2.60,
seen once under load, 2026-11). So one that is to end before its process is there is condemned, and
ended once it is.
"""

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import Any

import ray
from ray.exceptions import RayError

from hpsearch.workers.connection import DriverEnd
from hpsearch.workers.ray.process import ProcessWorker
from hpsearch.workers.worker import WorkerSetup

CREATION_SECONDS = 60.0
"""How long an end waits for an actor's creation; one for which there is no room never comes."""


@dataclass(frozen=True, eq=False)
class Actor:
    """An actor; `created` is done when its process is there, or never will be.

    `name` is what its connection is known by.
    """

    handle: Any
    created: Any
    name: str

    @property
    def id(self) -> ray.ActorID:
        """What Ray knows it by."""
        actor: ray.ActorID = self.handle._actor_id
        return actor


class Actors:
    """See `slots.Crew`."""

    def __init__(self, setup: WorkerSetup, cpus: float, connections: DriverEnd) -> None:
        self._setup = setup
        self._cpus = cpus
        self._connections = connections
        self._names = count()
        self._condemned: dict[Actor, float] = {}

    def make(self, gpus: float) -> Actor:
        options = {"num_cpus": self._cpus, "num_gpus": gpus, "max_restarts": 0}
        name = f"worker {next(self._names)}"
        make: Any = ray.remote(ProcessWorker).options(**options).remote
        handle = make(self._setup, self._connections.address, name)
        return Actor(handle, handle.__ray_ready__.remote(), name)

    def load(self, worker: Actor) -> Any:
        return worker.handle.load.remote()

    def is_loaded(self, loading: Any) -> bool:
        return _is_done(loading)  # the first attempt says what went wrong

    def end(self, worker: Actor) -> None:
        self._condemned.setdefault(worker, time.monotonic() + CREATION_SECONDS)
        self.end_condemned()

    def end_condemned(self) -> None:
        """End those that were to be ended and are there by now, or never came."""
        now = time.monotonic()
        for worker, deadline in list(self._condemned.items()):
            if now > deadline or _is_done(worker.created):
                del self._condemned[worker]
                self._kill(worker)

    def end_all(self, workers: Iterable[Actor], *, wait: bool) -> None:
        """End these and all that are condemned; `wait` for those that are still to come."""
        with suppress(RayError):  # they died with Ray
            for worker in workers:
                self.end(worker)
            coming = [worker.created for worker in self._condemned]
            if coming and wait:
                ray.wait(coming, num_returns=len(coming), timeout=CREATION_SECONDS)
            for worker in self._condemned:
                self._kill(worker)
        self.forget()

    @property
    def is_ending_some(self) -> bool:
        """Whether some are to be ended as soon as they are there."""
        return bool(self._condemned)

    def forget(self) -> None:
        """Forget those that are to be ended: they are gone."""
        self._condemned.clear()

    def _kill(self, worker: Actor) -> None:
        ray.kill(worker.handle)
        self._connections.drop(worker.name)


def _is_done(call: Any) -> bool:
    """Return whether a call has ended, in whatever way; what nobody asks for, Ray would print."""
    if not ray.wait([call], timeout=0)[0]:
        return False
    with suppress(RayError):
        ray.get(call)
    return True
