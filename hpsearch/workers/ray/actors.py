"""Workers as Ray actors: made, loaded, and ended when that is safe.

If an actor is killed just when its creation is sent to its process, that process may stay alive and
keep its cores for as long as Ray runs: "Mismatched ActorID: ignoring KillActor" (2.60, seen once
under load, 2026-11). So an actor that should end before its process has started is condemned, and
ended once it has.
"""

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import Any

import ray
from ray.exceptions import RayError
from ray.util.placement_group import PlacementGroup

from hpsearch.workers.connection import WorkerConnections
from hpsearch.workers.ray import gangs
from hpsearch.workers.ray.process import ProcessWorker
from hpsearch.workers.ray.rank import RankWorker
from hpsearch.workers.setup import WorkerSetup

CREATION_SECONDS = 60.0
"""How long an end waits for an actor's creation; without room for it, it is never created."""

CLOSE_SECONDS = 30.0
"""The same at the end of a search, for which a person waits."""


@dataclass(frozen=True, eq=False)
class Actor:
    """An actor; `created` is done when its process has started, or never will.

    `name` identifies its connection, `group` has its room and that of the gang's other workers.
    """

    handle: Any
    created: Any
    name: str
    group: PlacementGroup | None = None

    @property
    def id(self) -> ray.ActorID:
        """What Ray knows it by."""
        actor: ray.ActorID = self.handle._actor_id
        return actor

    @property
    def demand(self) -> str:
        """What it is known by among the demands of all searches (`demands.py`)."""
        wanted: str = (self.group or self).id.hex()
        return wanted


class Actors:
    """See `slots.WorkerFactory`; `size` is how many workers a trial has."""

    def __init__(
        self, setup: WorkerSetup, cpus: float, connections: WorkerConnections, size: int = 1
    ) -> None:
        self._setup = setup
        self._cpus = cpus
        self._size = size
        self._connections = connections
        self._names = count()
        # once for all: to send a class to Ray takes 17 ms
        self._kinds: dict[type, Any] = {one: ray.remote(one) for one in (ProcessWorker, RankWorker)}
        self._condemned: dict[Actor, float] = {}
        self.demands: set[str] = set()
        """Those of all that were ever made: a look at Ray's table may be older than an end."""

    def make(self, gpus: float) -> list[Actor]:
        options = {"num_cpus": self._cpus, "num_gpus": gpus, "max_restarts": 0}
        if self._size == 1:
            return [self._actor(ProcessWorker, options)]
        group = gangs.reserve(self._size, self._cpus, gpus)
        places = [gangs.place(group, rank) for rank in range(self._size)]
        return [self._actor(RankWorker, options | place, group) for place in places]

    def _actor(
        self, kind: type, options: dict[str, Any], group: PlacementGroup | None = None
    ) -> Actor:
        name = f"worker {next(self._names)}"
        make = self._kinds[kind].options(**options).remote
        handle = make(self._setup, self._connections.address, name)
        actor = Actor(handle, handle.__ray_ready__.remote(), name, group)
        self.demands.add(actor.demand)
        return actor

    def load(self, worker: Actor) -> Any:
        return worker.handle.load_here.remote()

    def end(self, worker: Actor) -> None:
        if worker.group is not None:
            gangs.release(worker.group)  # Ray ends what runs there, and drops what waits
            self._connections.drop(worker.name)
            return
        self._condemned.setdefault(worker, time.monotonic() + CREATION_SECONDS)
        self.end_condemned()

    def end_condemned(self) -> None:
        """End the condemned ones that have started by now, or never will."""
        now = time.monotonic()
        for worker, deadline in list(self._condemned.items()):
            if now > deadline or _is_done(worker.created):
                del self._condemned[worker]
                self._kill(worker)

    def end_all(self, workers: Iterable[Actor], *, wait: bool) -> None:
        """End these and all condemned ones; `wait` for those that are still starting."""
        with suppress(RayError):  # they died with Ray
            for worker in workers:
                self.end(worker)
            starting = [worker.created for worker in self._condemned]
            if starting and wait:
                ray.wait(starting, num_returns=len(starting), timeout=CLOSE_SECONDS)
            for worker in self._condemned:
                self._kill(worker)
        self.forget()

    @property
    def has_condemned(self) -> bool:
        """Whether some will be ended as soon as they have started."""
        return bool(self._condemned)

    def forget(self) -> None:
        """Forget the condemned ones: they died with Ray."""
        self._condemned.clear()

    def _kill(self, worker: Actor) -> None:
        ray.kill(worker.handle)
        self._connections.drop(worker.name)


def _is_done(call: Any) -> bool:
    """Return whether a call has ended in any way; Ray prints errors that nobody fetches."""
    if not ray.wait([call], timeout=0)[0]:
        return False
    with suppress(RayError):
        ray.get(call)
    return True
