"""Notices what a trial waits for in vain: Ray tasks and actors that find no room beside the slots.

A slot holds its CPUs also while its trial waits for a task of its own: Ray 2.60 gives back those of
a task that waits, not those of an actor. If the slots hold all of them, the trial waits for ever.

Not covered: a cluster on which other jobs run, too: Ray does not tell whose demand it is.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import ray
from ray.autoscaler.v2.sdk import get_cluster_resource_state

from hpsearch.common.text import count
from hpsearch.workers.capacity import Node

LOOK_SECONDS = 5.0
"""How long attempts are silent before a look, and how far looks are apart; one takes about 1 ms.
Only what two looks find in a row is said: what Ray is just about to place is no fault."""

Shape = frozenset[tuple[str, float]]
"""Resources that are asked for together."""


class Demand:
    """Looks now and then at what waits, and says once what will wait for ever."""

    def __init__(self, nodes: Iterable[Node], notify: Callable[[str], None]) -> None:
        self._total = _sum(nodes)
        self._notify = notify
        self._next_look = 0.0
        self._found: set[Shape] = set()
        self._is_said = False

    def look(self, held: Mapping[str, float]) -> None:
        """Look, where it is time to; `held` is what all slots have."""
        now = time.monotonic()
        if self._is_said or now < self._next_look:
            return
        self._next_look = now + LOOK_SECONDS
        before, self._found = self._found, {s for s in _pending() if self._is_vain(s, held)}
        again = before & self._found
        if again and _is_only_job():
            self._is_said = True
            self._notify(_told(max(again, key=len), held))

    def _is_vain(self, shape: Shape, held: Mapping[str, float]) -> bool:
        return any(
            wanted > self._total.get(name, 0.0) - held.get(name, 0.0)
            for name, wanted in shape
            if held.get(name)
        )


def _pending() -> Iterator[Shape]:
    """Return what Ray could not place yet, as its own autoscaler is told."""
    state = get_cluster_resource_state(_worker().gcs_client)
    for one in state.pending_resource_requests:
        yield frozenset(one.request.resources_bundle.items())
    for gang in state.pending_gang_resource_requests:  # placement groups
        yield frozenset(_sum(bundle.resources_bundle for bundle in gang.requests).items())


def _is_only_job() -> bool:
    jobs: Any = ray._private.state.jobs
    return sum(not job["IsDead"] for job in jobs()) == 1


def _worker() -> Any:
    return ray._private.worker.global_worker


def _told(shape: Shape, held: Mapping[str, float]) -> str:
    wanted = " and ".join(_amount(name, number) for name, number in sorted(shape))
    slots = " and ".join(_amount(name, number) for name, number in sorted(held.items()) if number)
    return (
        f"a trial waits in vain: its own Ray tasks, actors or placement groups want {wanted}, "
        f"and the slots of the search hold {slots}, which leaves too little. fix: set a lower "
        "`resources.parallel_trials`, or have the tasks take none: `@ray.remote(num_cpus=0)`"
    )


def _amount(name: str, number: float) -> str:
    return count(number, name) if name in ("CPU", "GPU") else f"{number:g} of {name}"


def _sum(nodes: Iterable[Node]) -> dict[str, float]:
    total: dict[str, float] = {}
    for node in nodes:
        for name, number in node.items():
            total[name] = total.get(name, 0.0) + number
    return total
