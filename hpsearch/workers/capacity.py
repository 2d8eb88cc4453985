"""How many trials fit on the machines that Ray found. Pure: Ray is not asked here."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hpsearch.common.errors import UserError
from hpsearch.experiment import Resources
from hpsearch.workers import faults

MOST_PACKED = 8
"""Trials that share a GPU, at most. Processes take turns on a GPU, so that more of them only fill
the gaps in which the others' Python prepares the next step; and each costs a CUDA context of some
hundred megabytes and a gigabyte of the machine's memory. Not measured yet."""

UNITS = 10_000
"""Ray counts a GPU in so many parts; it would round 1/6 up, and six of them would not fit."""

Node = Mapping[str, float]


@dataclass(frozen=True)
class Capacity:
    """The machines, what a trial needs, and `most`: how many may run at once in any case.

    A trial has so many `workers`, on one machine or several; `cpus` and `gpus` are of each.
    """

    nodes: Sequence[Node]
    cpus: float
    gpus: float
    most: int
    workers: int = 1

    @classmethod
    def of(cls, nodes: Sequence[Node], resources: Resources, most: int) -> "Capacity":
        """Return it for an experiment."""
        gpus = resources.fixed_gpus
        if gpus is None:
            gpus = 1.0 if any(node.get("GPU") for node in nodes) else 0.0
        most = _most(resources, most)
        return cls(nodes, resources.cpus_per_trial, gpus, most, resources.workers_per_trial)

    def on(self, nodes: Sequence[Node]) -> "Capacity":
        """Return it with other machines; what a trial needs stays."""
        return replace(self, nodes=nodes)

    def limited(self, resources: Resources, most: int) -> "Capacity":
        """Return it with another `parallel_trials`; the machines and what a trial needs stay."""
        return replace(self, most=_most(resources, most))

    @property
    def fits(self) -> bool:
        """Whether a trial fits on the machines."""
        return self.slots(1) > 0

    def check(self, finds: str = "Ray finds") -> None:
        """Raise UserError if a trial does not fit on the machines; `finds` says who knows them."""
        cpus = max((node.get("CPU", 0.0) for node in self.nodes), default=0.0)
        gpus = max((node.get("GPU", 0.0) for node in self.nodes), default=0.0)
        problems = [faults.cpus_absent(self.cpus, cpus, finds)] if self.cpus > cpus else []
        problems += [faults.gpu_absent(self.gpus, gpus, finds)] if self.gpus > gpus else []
        if not problems and not self.fits:
            problems = [faults.workers_absent(self.workers, self._workers(1))]
        if problems:
            raise UserError(*problems)

    def share(self, packed: int) -> float:
        """Return the GPUs of a trial if `packed` trials share what is meant for one."""
        return self.gpus if packed == 1 else math.floor(self.gpus / packed * UNITS) / UNITS

    def slots(self, packed: int) -> int:
        """Return how many trials run at once if `packed` share a GPU."""
        return min(self.most, self._workers(packed) // self.workers)

    def most_packed(self) -> int:
        """Return how many may share a GPU: with more, no further trial would run."""
        counts = [(self._by_cpus(node), node.get("GPU", 0.0)) for node in self.nodes]
        with_gpus = [(cpus, gpus) for cpus, gpus in counts if gpus >= 1 and cpus >= 1]
        if not with_gpus:
            return 1
        by_cpus = max(math.ceil(cpus / gpus) for cpus, gpus in with_gpus)
        by_most = math.ceil(self.most / sum(gpus for _, gpus in with_gpus))
        return min(MOST_PACKED, by_cpus, by_most)

    def _workers(self, packed: int) -> int:
        return sum(self._on(node, packed) for node in self.nodes)

    def _on(self, node: Node, packed: int) -> int:
        if not self.gpus:
            return self._by_cpus(node)
        by_gpus = math.floor(node.get("GPU", 0.0) / self.gpus) * packed
        return min(self._by_cpus(node), by_gpus)

    def _by_cpus(self, node: Node) -> int:
        return math.floor(node.get("CPU", 0.0) / self.cpus)


def _most(resources: Resources, most: int) -> int:
    return min(most, resources.parallel_trials or most)
