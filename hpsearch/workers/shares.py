"""Searches on one cluster share its machines: each has about as many slots as the others.

A search that has more slots than another one that waits for its first or next gives one back every
few seconds, its trial moves or ends first, and requests none meanwhile. It does so only if that
helps: if the other's worker would fit there. Nothing is agreed on: each looks at Ray's table of
actors, and all come to the same end. Pure: Ray is not asked here.

Not covered: Ray's other jobs, which do not give back what they have.
"""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from hpsearch.workers.capacity import Node

GIVE_SECONDS = 10.0
"""The time between two slots that are given back: a worker takes some seconds to start."""


@dataclass(frozen=True)
class Demand:
    """A worker of some search that is there, or that waits for room; `needs` are its resources."""

    actor: str
    job: str
    is_waiting: bool
    needs: Node


@dataclass(frozen=True)
class Held:
    """What a slot of our own holds of a machine."""

    machine: str
    resources: Node


class FairShare:
    """Decides whether a search gives a slot back, or requests no more of them."""

    def __init__(self) -> None:
        self.holds = False
        """Whether the search requests no further workers now."""
        self._next_gift = 0.0

    def look(
        self,
        found: Iterable[Demand],
        own: Collection[str],
        held: Sequence[Held],
        free: Mapping[str, Node],
    ) -> Held | None:
        """Return the slot to give back now, or None.

        `own` are our actors, `held` is what our slots hold, `free` what is left of each machine.
        """
        there, waiting = _others(found, own)
        behind = [one for one in waiting if there[one.job] < len(held)]
        spare = [one for one in held if any(_fits(need.needs, free, [one]) for need in behind)]
        self.holds = any(_fits(need.needs, free, held) for need in behind)
        ahead = any(there[need.job] + 1 < len(held) for need in behind)
        if not (spare and ahead) or time.monotonic() < self._next_gift:
            return None
        self._next_gift = time.monotonic() + GIVE_SECONDS
        return spare[-1]


def _others(found: Iterable[Demand], own: Collection[str]) -> tuple[dict[str, int], list[Demand]]:
    """Return how many workers each other job has, and those that wait."""
    others = [one for one in found if one.actor not in own]
    there = dict.fromkeys((one.job for one in others), 0)
    for one in others:
        there[one.job] += not one.is_waiting
    return there, [one for one in others if one.is_waiting]


def _fits(needs: Node, free: Mapping[str, Node], given: Sequence[Held]) -> bool:
    """Return whether a worker would fit on a machine if slots there were given back."""
    return any(
        all(
            amount
            <= left.get(name, 0.0)
            + sum(one.resources.get(name, 0.0) for one in given if one.machine == machine)
            for name, amount in needs.items()
        )
        for machine, left in free.items()
    )
