"""One rung of asha's: what trials had reached when they came to it, and who is among the best.

With one objective trials are sorted by their costs. With several a trial's rank is how many others
dominate it: are worse in no objective, and better in one (Fonseca and Fleming, 1993). So nothing at
the Pareto front of a rung is paused, and of what others dominate only as much as with one objective
would be.
"""

from bisect import bisect_left, insort
from collections.abc import Container
from typing import Protocol

from hpsearch.analysis import dominates

Cost = tuple[float, ...]
"""One number for each objective: less is better."""


class Rung(Protocol):
    """The trials that reached one rung."""

    def __len__(self) -> int:
        """Return how many there are."""

    def add(self, number: int, cost: Cost) -> None:
        """Note a trial that reaches it."""

    def rank(self, number: int, cost: Cost) -> int:
        """Return how many of the others are better than a trial that is there."""

    def leave(self, number: int, cost: Cost) -> None:
        """Note that a trial that is there goes on, or is finished; its rank stays."""

    def first(self, paused: Container[int], count: int) -> int | None:
        """Return the best of those that are still there and `paused`, if its rank is below `count`.

        It looks at few others: 20,000 trials that are there take no time.
        """


class SortedRung:
    """The rung of one objective; of equals the earlier trial is the better one."""

    def __init__(self) -> None:
        self._keys: list[tuple[Cost, int]] = []
        self._here: list[tuple[Cost, int]] = []

    def __len__(self) -> int:
        """See `Rung`."""
        return len(self._keys)

    def add(self, number: int, cost: Cost) -> None:
        """See `Rung`."""
        insort(self._keys, (cost, number))
        insort(self._here, (cost, number))

    def leave(self, number: int, cost: Cost) -> None:
        """See `Rung`."""
        del self._here[bisect_left(self._here, (cost, number))]

    def rank(self, number: int, cost: Cost) -> int:
        """See `Rung`."""
        return bisect_left(self._keys, (cost, number))

    def first(self, paused: Container[int], count: int) -> int | None:
        """See `Rung`."""
        for cost, number in self._here:  # those before the first paused one are running
            if number in paused:
                return number if self.rank(number, cost) < count else None
        return None


class DominanceRung:
    """The rung of several objectives."""

    def __init__(self) -> None:
        self._costs: dict[int, Cost] = {}
        self._ranks: dict[int, int] = {}
        self._here: set[int] = set()

    def __len__(self) -> int:
        """See `Rung`."""
        return len(self._costs)

    def add(self, number: int, cost: Cost) -> None:
        """See `Rung`."""
        rank = 0
        for other, known in self._costs.items():
            rank += dominates(known, cost)
            self._ranks[other] += dominates(cost, known)
        self._costs[number], self._ranks[number] = cost, rank
        self._here.add(number)

    def leave(self, number: int, cost: Cost) -> None:
        """See `Rung`."""
        self._here.remove(number)

    def rank(self, number: int, cost: Cost) -> int:
        """See `Rung`."""
        return self._ranks[number]

    def first(self, paused: Container[int], count: int) -> int | None:
        """See `Rung`."""
        found = ((self._ranks[one], one) for one in self._here if one in paused)
        return min(((rank, one) for rank, one in found if rank < count), default=(0, None))[1]
