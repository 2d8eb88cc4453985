"""What a search does that has no slot at all: it says what is missing, and ends if nothing comes.

It waits without a limit for machines that are busy: they will be free. If no machine has room for a
trial, even an idle one, it waits for `resources.wait_minutes`.
"""

import time
from collections.abc import Callable, Sequence

from hpsearch.common.errors import SearchFailed
from hpsearch.common.text import count
from hpsearch.workers import faults
from hpsearch.workers.capacity import Capacity, Node

FIRST_SECONDS = 10.0
"""How long a search without a slot says nothing: workers take a few seconds to start."""

SAY_SECONDS = 60.0
"""The time between two words about what is missing."""


class Shortage:
    """Looks now and then at whether there is a slot."""

    def __init__(self, minutes: float, notify: Callable[[str], None]) -> None:
        self._minutes = minutes
        self._notify = notify
        self._since: float | None = None
        self._next_word = 0.0

    def look(self, capacity: Capacity, free: Sequence[Node], slots: int) -> None:
        """Look, if no slot is there; `free` is what each machine has left of its resources.

        Raises SearchFailed if no machine has had room for a trial for too long.
        """
        now = time.monotonic()
        if slots:
            self._since = None
            return
        if self._since is None:
            self._since, self._next_word = now, now + FIRST_SECONDS
        if not capacity.fits and now - self._since >= 60 * self._minutes:
            raise SearchFailed(faults.no_machine(needs(capacity), there(capacity), self._minutes))
        if now >= self._next_word:
            self._next_word = now + SAY_SECONDS
            self._notify(self._said(capacity, free))

    def _said(self, capacity: Capacity, free: Sequence[Node]) -> str:
        if capacity.fits:
            left = f"{_sum(free, capacity)} free"
            return f"no worker has started yet: the cluster has {there(capacity)}; {left}"
        limit = f"up to {count(self._minutes, 'minute')}"
        return f"waiting {limit} for {needs(capacity)}: the cluster has {there(capacity)}"


def needs(capacity: Capacity) -> str:
    """Say what a trial needs."""
    gpus = f" and {count(capacity.gpus, 'GPU')}" if capacity.gpus else ""
    each = f"{count(capacity.cpus, 'CPU')}{gpus}"
    if capacity.workers > 1:
        return f"room for a trial of {capacity.workers} workers with {each} each"
    return f"a machine with {each} for a trial"


def there(capacity: Capacity) -> str:
    """Say which machines there are."""
    if not capacity.nodes:
        return "no machine"
    most = max(capacity.nodes, key=lambda node: (node.get("GPU", 0.0), node.get("CPU", 0.0)))
    machines = count(len(capacity.nodes), "machine")
    each = "with" if len(capacity.nodes) == 1 else "the largest with"
    return f"{machines}, {each} {_amounts(most, capacity)}"


def _sum(nodes: Sequence[Node], capacity: Capacity) -> str:
    names = {name for node in nodes for name in node}
    return _amounts({one: sum(node.get(one, 0.0) for node in nodes) for one in names}, capacity)


def _amounts(node: Node, capacity: Capacity) -> str:
    gpus = f" and {count(node.get('GPU', 0.0), 'GPU')}" if capacity.gpus else ""
    return f"{count(node.get('CPU', 0.0), 'CPU')}{gpus}"
