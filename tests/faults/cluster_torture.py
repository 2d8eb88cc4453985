"""A search in a bucket, on a Ray cluster of three nodes: machines are killed, too.

The head has no CPUs and stays: with it the cluster itself would go. A node that was killed or
drained is followed by a new one at another address.
"""

import itertools
import os
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar
from unittest.mock import patch

from hpsearch.common.trial import TrialRecord
from hpsearch.store import open_store
from hpsearch.usecases import look
from tests.faults.cluster import RayCluster, ray_cluster
from tests.faults.harness import Bench, Driver, wait_for
from tests.faults.torture import Torture, write_search
from tests.s3 import s3_server

NODES = 2
"""Beside the head; each has one CPU."""

CHOICES = ["driver"] * 4 + ["worker"] * 5 + ["node"] * 5 + ["drain"] * 2
CHOICES += ["SIGTERM", "SIGINT", "twice"]


@dataclass
class BucketBench(Bench):
    """A bench whose study is in a bucket."""

    studies: str = ""

    @property
    def has_begun(self) -> bool:
        return open_store(self.studies).study(self.name).exists()

    def records(self) -> list[TrialRecord]:
        return [*look(self.studies, self.name).records]


@dataclass
class ClusterTorture(Torture):
    """One search on a cluster, whose nodes come and go."""

    cluster: RayCluster = field(kw_only=True)
    choices: ClassVar[Sequence[str]] = CHOICES

    def __post_init__(self) -> None:
        self._hosts = (f"127.0.0.{number}" for number in itertools.count(2))
        self._nodes: list[str] = []
        for _ in range(NODES):
            self._add()

    def _add(self) -> None:
        self._nodes.append(next(self._hosts))
        self.cluster.add(self._nodes[-1])

    def _hit(self, driver: Driver, what: str) -> None:
        if what not in ("node", "drain"):
            super()._hit(driver, what)
            return
        self.kills[what] += 1
        node = self.chance.choice(self._nodes)
        if what == "drain":
            self.cluster.drain(node)
        if self.chance.random() < 0.5:  # the new one is there before the old one goes
            self._add()
        self._nodes.remove(node)
        self.cluster.kill(node)
        while len(self._nodes) < NODES:
            self._add()

    def finish(self) -> None:
        """Let the search come to its end; then nothing of the cluster is taken."""
        trials = len(self.bench.records())
        self.bench.run("--set", f"budget.trials={trials}", seconds=300)
        self.remember()
        wait_for(lambda: self.cluster.free_cpus() == NODES, 60, lambda: "CPUs stay taken")


@contextmanager
def cluster_torture(folder: Path, seed: int) -> Iterator[ClusterTorture]:
    with s3_server() as server, patch.dict(os.environ, server.environment()):
        studies = server.new_address()
        bench = BucketBench(folder, environment={"HPSEARCH_STUDIES": studies}, studies=studies)
        with ray_cluster(bench, cpus=0) as cluster:
            write_search(bench, parallel_trials=4, ray_address=cluster.address)
            yield ClusterTorture(bench, random.Random(seed), cluster=cluster)
