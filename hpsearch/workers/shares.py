"""Searches on one cluster share its machines: each has about as many slots as the others.

A search that has more slots than another one that waits for its first or next gives one back every
few seconds, its trial moves or ends first, and requests none meanwhile. It does so only if that
helps: if the other's worker would fit there. Nothing is agreed on: each looks at Ray's table of
actors, and all come to the same end. Pure: Ray is not asked here.

Not covered: Ray's other jobs, which do not give back what they have.
"""

import math
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from hpsearch.workers.capacity import Node

GIVE_SECONDS = 10.0
"""The time between two slots that are given back: a worker takes some seconds to start."""


@dataclass(frozen=True)
class Demand:
    """A worker of some search that is there, or that waits for room; `needs` are its resources.

    Several `workers` are a gang: they have room together or not at all.
    """

    actor: str
    job: str
    is_waiting: bool
    needs: Node
    workers: int = 1


@dataclass(frozen=True)
class Held:
    """What a slot of our own holds: the `resources` of a worker on each of these machines."""

    machines: Sequence[str]
    resources: Node

    @property
    def workers(self) -> int:
        """How many workers the slot has."""
        return len(self.machines)


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
        ours = sum(one.workers for one in held)
        behind = [one for one in waiting if there[one.job] + one.workers <= ours]
        helped = [one for one in behind if _room(one, free, held) >= one.workers]
        self.holds = bool(helped)
        gifts = [
            gift
            for need in helped
            if (gift := _gift(need, held, free)) is not None
            and there[need.job] + need.workers <= ours - _price(need, gift, free)
        ]
        if not gifts or time.monotonic() < self._next_gift:
            return None
        self._next_gift = time.monotonic() + GIVE_SECONDS
        return gifts[-1]


def _others(found: Iterable[Demand], own: Collection[str]) -> tuple[dict[str, int], list[Demand]]:
    """Return how many workers each other job has, and those that wait."""
    others = [one for one in found if one.actor not in own]
    there = dict.fromkeys((one.job for one in others), 0)
    for one in others:
        there[one.job] += 0 if one.is_waiting else one.workers
    return there, [one for one in others if one.is_waiting]


def _gift(need: Demand, held: Sequence[Held], free: Mapping[str, Node]) -> Held | None:
    """Return the last slot that makes room for a further worker of the demand, None without one."""
    there = _room(need, free, ())
    return next((one for one in reversed(held) if _room(need, free, [one]) > there), None)


def _price(need: Demand, gift: Held, free: Mapping[str, Node]) -> int:
    """Return how many workers it costs to make room for the demand with slots like this one."""
    missing = max(1, need.workers - _room(need, free, ()))
    return math.ceil(missing / gift.workers) * gift.workers


def _room(need: Demand, free: Mapping[str, Node], given: Sequence[Held]) -> int:
    """Return how many of the demand's workers would fit if slots were given back."""
    room = {machine: dict(left) for machine, left in free.items()}
    for one in given:
        for machine in filter(room.__contains__, one.machines):
            for name, amount in one.resources.items():
                room[machine][name] = room[machine].get(name, 0.0) + amount
    return sum(_times(need.needs, left) for left in room.values())


def _times(needs: Node, left: Node) -> int:
    """Return how often a worker fits into what is left of a machine."""
    wanted = [(name, amount) for name, amount in needs.items() if amount]
    return min(
        (math.floor(left.get(name, 0.0) / amount + 1e-6) for name, amount in wanted), default=0
    )
