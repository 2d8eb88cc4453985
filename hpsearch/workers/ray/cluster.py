"""Watches the machines of a cluster, in a thread of its own.

Ray itself says late that a machine is gone: a killed raylet is noticed after up to 30 seconds, and
until then calls of its workers are silent, or fail with a reason that tells nothing (2.60). The
worker's connection breaks at once. So then the machine's raylet is asked whether it is there.

Not covered: the driver's own raylet dies; Ray ends the driver with it.
"""

import queue
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Literal

from hpsearch.common.errors import SearchFailed
from hpsearch.workers.ray import faults
from hpsearch.workers.ray.demands import demands
from hpsearch.workers.ray.machines import REPLY_SECONDS, Machine, Machines, machines
from hpsearch.workers.shares import Demand

LOOK_SECONDS = 2.0
"""The time between two looks."""

SILENT_SECONDS = 30.0
"""How long the GCS may be silent, as while it is started again; Ray ends the driver after 60."""

SETTLE_SECONDS = 0.5
"""A machine that goes down may end its workers a little before its raylet."""

PROBE_SECONDS = 3.0
"""How long a raylet may take to accept a connection."""

BELIEVED_SECONDS = 90.0
"""How long a machine that did not answer counts as gone although Ray's GCS knows it as alive."""

Fate = Literal["there", "gone", "unknown"]


class Cluster:
    """The machines as they were seen last; `wake` is called when they have changed."""

    def __init__(self, wake: Callable[[], object], *, follow: bool) -> None:
        """Look once; `follow` them from then on."""
        self._wake = wake
        self._found_gone: dict[str, str] = {}
        self._believed: dict[str, float] = {}
        self._probed: dict[str, float] = {}
        self._suspects: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._asked = threading.Event()
        self._is_closed = False
        self._seen, self.demands, self._heard = machines(), list[Demand](), time.monotonic()
        self.version = 0
        """Changes when a machine comes, goes or begins to drain."""
        self._thread = threading.Thread(target=self._watch, name="hpsearch-cluster", daemon=True)
        self._follows = follow
        if follow:
            self._thread.start()

    @property
    def machines(self) -> Sequence[Machine]:
        """The machines that are alive."""
        return list(self._seen.alive.values())

    def look_again(self) -> None:
        """Look now: Ray was started again."""
        self._seen = machines()
        self.version += 1

    def why_gone(self, machine: str) -> str:
        """Return why a machine is gone, empty if it is there."""
        seen = self._seen
        return "" if machine in seen.alive else seen.gone.get(machine, "its machine is gone")

    def suspect(self, machine: str) -> None:
        """Have a machine asked whether it is there: it lost a worker."""
        self._suspects.put(machine)
        self._asked.set()

    def fate(self, machine: str, since: float) -> Fate:
        """Return whether a machine is there, if that is known since a moment."""
        if not self._follows:
            return "there"
        if self.why_gone(machine):
            return "gone"
        return "there" if self._probed.get(machine, 0.0) > since else "unknown"

    def check(self) -> None:
        """Raise SearchFailed if the GCS has been silent for too long."""
        if self._follows and time.monotonic() - self._heard > SILENT_SECONDS:
            raise SearchFailed(faults.cluster_gone(SILENT_SECONDS))

    @property
    def answers(self) -> bool:
        """Whether the GCS has answered lately: calls to one that is gone may block."""
        return not self._follows or time.monotonic() - self._heard < 2 * LOOK_SECONDS

    def close(self) -> None:
        """End the watch, before Ray is left."""
        self._is_closed = True
        self._asked.set()
        if self._follows:
            self._thread.join(REPLY_SECONDS + PROBE_SECONDS)

    def _watch(self) -> None:
        while not self._is_closed:
            if self._asked.wait(LOOK_SECONDS) and not self._is_closed:
                self._asked.clear()
                self._probe()
            with suppress(Exception):  # whatever it is, the GCS does not answer: see `check`
                self._look()

    def _look(self) -> None:
        if self._is_closed:
            return
        seen, before = self._without_found(machines()), self._seen
        self.demands = demands()
        self._seen, self._heard = seen, time.monotonic()
        if _key(seen) != _key(before):
            self.version += 1
            self._wake()

    def _without_found(self, seen: Machines) -> Machines:
        """Leave out the machines of which Ray does not know yet that they are gone."""
        now = time.monotonic()
        found = {id: why for id, why in self._found_gone.items() if now < self._believed[id]}
        alive = {id: one for id, one in seen.alive.items() if id not in found}
        return replace(seen, alive=alive, gone=found | seen.gone)

    def _probe(self) -> None:
        time.sleep(SETTLE_SECONDS)
        suspects = set[str]()
        with suppress(queue.Empty):
            while True:
                suspects.add(self._suspects.get_nowait())
        for machine in filter(None, map(self._seen.alive.get, suspects)):
            try:
                where = (machine.host, machine.port)
                socket.create_connection(where, timeout=PROBE_SECONDS).close()
            except OSError:
                self._found_gone[machine.id] = f"its machine {machine.host} died"
                self._believed[machine.id] = time.monotonic() + BELIEVED_SECONDS
            self._probed[machine.id] = time.monotonic()
        self._wake()


def _key(seen: Machines) -> object:
    return {
        id: (one.resources.get("CPU"), one.resources.get("GPU"), one.is_draining)
        for id, one in seen.alive.items()
    }
