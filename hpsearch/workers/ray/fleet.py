"""The workers of a search: as many as the machines have room for, now.

`tend` keeps them so. It is called all the time, and does something ten times a second: it takes in
workers that have started, requests those that are missing, ends those that should go, and returns
what happened to attempts whose machine went.
"""

import time
from collections.abc import Callable, Sequence

import ray

from hpsearch.engine import Ended, Leave
from hpsearch.experiment import Resources
from hpsearch.workers.capacity import Capacity
from hpsearch.workers.connection import WorkerConnections
from hpsearch.workers.packing import Packing
from hpsearch.workers.ray import autoscaler, placement_groups
from hpsearch.workers.ray.actors import Actors
from hpsearch.workers.ray.cluster import Cluster
from hpsearch.workers.ray.machines import setup_on_machines
from hpsearch.workers.ray.starts import Starts
from hpsearch.workers.setup import WorkerSetup
from hpsearch.workers.shares import FairShare, Held
from hpsearch.workers.shortage import Shortage
from hpsearch.workers.slots import Slot, Slots

TEND_SECONDS = 0.1
"""The time between two looks at the workers that are starting; one takes about 0.1 ms."""


class Fleet:
    """Makes, counts and ends workers; `slots` are theirs."""

    def __init__(
        self,
        setup: WorkerSetup,
        resources: Resources,
        *,
        most: int,
        is_ours: bool,
        connections: WorkerConnections,
        notify: Callable[[str], None],
    ) -> None:
        """`is_ours`: Ray is our own, on this machine alone.

        Raises UserError if a trial does not fit on this machine, and there is no cluster.
        """
        self._setup, self._resources, self._most = setup, resources, most
        self._is_here = resources.ray_address is None
        self._connections = connections
        self._shortage = Shortage(resources.wait_minutes, notify)
        self._share = FairShare()
        self._starts = Starts(setup, notify)
        self._next_tend = 0.0
        self._is_ours = is_ours
        self.cluster = Cluster(connections.wake, follow=not is_ours)
        self._begin()

    def _begin(self) -> None:
        """Decide what a worker is, by the machines that are there before the first is made."""
        nodes = [one.resources for one in self.cluster.machines]
        self._version = self.cluster.version
        capacity = Capacity.of(nodes, self._resources, self._most)
        if self._is_here:
            capacity.check()
        most_packed = capacity.most_packed() if self._resources.gpus_per_trial == "auto" else 1
        setup = setup_on_machines(self._setup, self._resources, capacity)
        self.actors = Actors(setup, capacity.cpus, self._connections, capacity.workers)
        self.slots = Slots(self.actors, capacity, Packing(most_packed, capacity.slots(1)))
        if not self._is_here:
            autoscaler.announce(capacity)

    def limit(self, slots: int) -> None:
        """Have at most so many slots from now on; `tend` sees to it."""
        self._resources = self._resources.model_copy(update={"parallel_trials": slots})

    @property
    def count(self) -> int:
        """How many attempts may run now, by the last `limit`, also before `tend` has seen to it."""
        limited = self.slots.capacity.limited(self._resources, self._most)
        return self.slots.count_within(limited.most)

    @property
    def has_loaded(self) -> bool:
        """Whether a first worker has imported the trainable."""
        return self._starts.has_any

    @property
    def is_due(self) -> bool:
        """Whether `tend` will do something now."""
        return time.monotonic() >= self._next_tend

    def tend(self) -> Sequence[Ended | Leave]:
        """Do what is due; raises an HpsearchError if the search has no workers and gets none."""
        if not self.is_due:
            return ()
        self._next_tend = time.monotonic() + TEND_SECONDS
        self.cluster.check()
        events = self._follow() if self.cluster.version != self._version else []
        self.actors.end_condemned()
        self._follow_limit()
        self._starts.take_in(self.slots)
        events += self._give_back()
        if self._starts.may_request and not self._share.holds:
            self.slots.request_missing()
        if not self._is_ours:
            free = [one.free for one in self.cluster.machines]
            self._shortage.look(self.slots.capacity, free, self.slots.count)
        return events

    def start_over(self) -> None:
        """Begin again after Ray was started again: nothing of the old one is left."""
        self.actors.forget()
        self._connections.drop_all()
        self.slots.clear()
        self._starts.start_over()
        self.cluster.look_again()
        self._version = self.cluster.version

    def close(self, *, wait: bool) -> None:
        """End all workers; `wait` for those that are starting.

        To give back a gang's room would wait for a GCS that is gone; it ends with the driver's job.
        """
        slots, answers = self.slots.clear(), self.cluster.answers
        if not self._is_here and answers:
            autoscaler.withdraw()
        self.cluster.close()
        if ray.is_initialized() and (answers or self._resources.workers_per_trial == 1):
            self.actors.end_all((slot.worker for slot in slots), wait=wait)

    def _follow(self) -> list[Ended | Leave]:
        """Follow the machines: slots of those that go are removed, or told to leave."""
        if not (self._starts.has_any or self.actors.has_condemned or any(self.slots)):
            self._begin()
            return []
        self._version = self.cluster.version
        machines = {one.id: one for one in self.cluster.machines}
        nodes = [one.resources for one in machines.values() if not one.is_draining]
        self.slots.capacity = self.slots.capacity.on(nodes)
        events: list[Ended | Leave] = []
        for slot in [slot for slot in self.slots if slot.nodes]:
            gone = [node for node in slot.nodes if node not in machines]
            if gone:
                events += self._lose(slot, self.cluster.why_gone(gone[0]))
                continue
            draining = [machines[node] for node in slot.nodes if machines[node].is_draining]
            if draining and not slot.leave:
                reason = f"its machine {draining[0].host} is being drained"
                events += self._send_away(slot, reason)
        return events

    def _follow_limit(self) -> None:
        capacity = self.slots.capacity.limited(self._resources, self._most)
        if capacity != self.slots.capacity:
            self.slots.capacity = capacity
            if not self._is_here and self.cluster.answers:
                autoscaler.announce(capacity)
        self.slots.remove_surplus()

    def _lose(self, slot: Slot, reason: str) -> list[Ended | Leave]:
        self.slots.remove(slot)
        if slot.number is None:
            return []
        for one in slot.ranks:
            placement_groups.remove(placement_groups.made_by(one.worker.id))
        return [Ended(slot.number, "lost", reason)]

    def _send_away(self, slot: Slot, reason: str) -> list[Ended | Leave]:
        self.slots.leave(slot, reason)
        return [] if slot.number is None else [Leave(slot.number, reason)]

    def _give_back(self) -> list[Ended | Leave]:
        """Give a slot to another search of the cluster if that has fewer and waits."""
        if not self.cluster.demands and not self._share.holds:
            return []
        slots = [slot for slot in self.slots if not slot.loading_ranks and not slot.leave]
        held = [Held(slot.nodes, self.slots.needs(slot)) for slot in slots]
        free = {one.id: one.free for one in self.cluster.machines if not one.is_draining}
        given = self._share.look(self.cluster.demands, self.actors.demands, held, free)
        if self._share.holds:
            self.slots.withdraw()
        if given is None:
            return []
        on_it = [slot for slot in slots if slot.nodes == given.machines]
        slot = min(on_it, key=lambda one: one.number is not None)  # a free one before others
        return self._send_away(slot, "another search waits for a slot")
