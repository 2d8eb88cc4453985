"""One rung of asha's: what trials had reached when they came to it, and who is among the best.

With one objective trials are sorted by their costs. With several a trial's rank is how many others
dominate it: are worse in no objective, and better in one (Fonseca and Fleming, 1993). So nothing at
the Pareto front of a rung is paused, and of what others dominate only as much as with one objective
would be.
"""

from bisect import bisect_left, insort
from collections.abc import Container
from typing import Protocol

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
    """The rung of several objectives: a row of arrays for each trial, in the order they came."""

    def __init__(self) -> None:
        import numpy as np  # here: a plan is shown without it

        self._np = np
        self._rows: dict[int, int] = {}
        self._numbers: list[int] = []
        self._costs = np.empty((0, 0))
        self._ranks = np.zeros(0, int)
        self._is_here = np.zeros(0, bool)

    def __len__(self) -> int:
        """See `Rung`."""
        return len(self._rows)

    def add(self, number: int, cost: Cost) -> None:
        """See `Rung`."""
        row = len(self._rows)
        if row == len(self._costs):
            self._grow(2 * row + 8, len(cost))
        known, own = self._costs[:row], self._np.array(cost)
        self._ranks[:row] += (own <= known).all(1) & (own < known).any(1)
        self._ranks[row] = ((known <= own).all(1) & (known < own).any(1)).sum()
        self._costs[row], self._is_here[row], self._rows[number] = own, True, row
        self._numbers.append(number)

    def leave(self, number: int, cost: Cost) -> None:
        """See `Rung`."""
        self._is_here[self._rows[number]] = False

    def rank(self, number: int, cost: Cost) -> int:
        """See `Rung`."""
        return int(self._ranks[self._rows[number]])

    def first(self, paused: Container[int], count: int) -> int | None:
        """See `Rung`."""
        rows = self._np.flatnonzero(self._is_here & (self._ranks < count)).tolist()
        found = [(self._ranks[row], self._numbers[row]) for row in rows]
        return min((one for one in found if one[1] in paused), default=(0, None))[1]

    def _grow(self, rows: int, objectives: int) -> None:
        added = rows - len(self._costs)
        self._costs = self._np.resize(self._costs, (rows, objectives))
        self._ranks = self._np.pad(self._ranks, (0, added))
        self._is_here = self._np.pad(self._is_here, (0, added))
