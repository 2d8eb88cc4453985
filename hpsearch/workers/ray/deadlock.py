"""Detects deadlocks: trials that wait for Ray tasks or actors for which the slots leave no room.

A slot keeps its CPUs while its trial waits for a task of its own: Ray 2.60 frees those of a waiting
task, but not those of an actor. If the slots hold all CPUs, the trial waits for ever.

Not covered: a cluster that runs other jobs, too: Ray does not say whose demand it is.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import ray
from ray.exceptions import RpcError

from hpsearch.common.text import count
from hpsearch.workers.capacity import Node
from hpsearch.workers.ray.machines import cluster_state

LOOK_SECONDS = 5.0
"""How long an attempt is silent before a look, and the time between looks; one takes about 1 ms.
Only what two looks in a row find is reported: Ray may be about to place the rest."""

Shape = frozenset[tuple[str, float]]
"""Resources that are asked for together."""


class DeadlockDetector:
    """Looks now and then at what waits, and warns once of what will wait for ever."""

    def __init__(self, notify: Callable[[str], None]) -> None:
        self._notify = notify
        self._next_look = 0.0
        self._found: set[Shape] = set()
        self._has_warned = False

    def look(self, held: Mapping[str, float], nodes: Iterable[Node]) -> None:
        """Look, if it is time to; `held` is what all slots have of the `nodes`."""
        now = time.monotonic()
        if self._has_warned or now < self._next_look:
            return
        self._next_look = now + LOOK_SECONDS
        total = _sum(nodes)
        try:
            found = {shape for shape in _pending() if _cannot_be_met(shape, held, total)}
        except RpcError:
            return  # the cluster's head is gone
        before, self._found = self._found, found
        again = before & self._found
        if again and _is_only_job():
            self._has_warned = True
            self._notify(_told(max(again, key=len), held))


def _cannot_be_met(shape: Shape, held: Mapping[str, float], total: Mapping[str, float]) -> bool:
    return any(
        wanted > total.get(name, 0.0) - held.get(name, 0.0)
        for name, wanted in shape
        if held.get(name)
    )


def _pending() -> Iterator[Shape]:
    """Return what Ray could not place yet, as its own autoscaler is told."""
    state = cluster_state()
    for one in state.pending_resource_requests:
        yield frozenset(one.request.resources_bundle.items())
    for gang in state.pending_gang_resource_requests:  # placement groups
        yield frozenset(_sum(bundle.resources_bundle for bundle in gang.requests).items())


def _is_only_job() -> bool:
    jobs: Any = ray._private.state.jobs
    return sum(not job["IsDead"] for job in jobs()) == 1


def _told(shape: Shape, held: Mapping[str, float]) -> str:
    wanted = " and ".join(_amount(name, number) for name, number in sorted(shape))
    slots = " and ".join(_amount(name, number) for name, number in sorted(held.items()) if number)
    return (
        f"a trial waits for ever: its own Ray tasks, actors or placement groups need {wanted}, but "
        f"the slots of the search hold {slots}, which leaves too little. fix: lower "
        "`resources.parallel_trials`, or let the tasks need no CPU: `@ray.remote(num_cpus=0)`"
    )


def _amount(name: str, number: float) -> str:
    return count(number, name) if name in ("CPU", "GPU") else f"{number:g} of {name}"


def _sum(nodes: Iterable[Node]) -> dict[str, float]:
    total: dict[str, float] = {}
    for node in nodes:
        for name, number in node.items():
            total[name] = total.get(name, 0.0) + number
    return total
