"""Measures what a study in a bucket costs a search, against one in a folder.

    python -m tests.benchmarks.buckets --trials 40 --seconds 0 1 --milliseconds 5 50

Both sides are the real search in this process, one trial after another, with Optuna's random
sampler, the journal and no MLflow (which is written beside the search, not by it). A trial reports
three times, and saves a checkpoint at each report with `--checkpoints`. The bucket is on an S3
server (moto's) behind a proxy that delays each answer by so many milliseconds. Printed are the
milliseconds a trial, their ratio to the folder's, and the requests a trial.
"""

import argparse
import os
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from hpsearch.engine import Parts, Search
from hpsearch.experiment import Experiment
from hpsearch.store import StudyStore, open_store
from hpsearch.strategies import OptunaStudy
from hpsearch.workers.local.pool import LocalPool
from tests.benchmarks.durability import TRAINABLE
from tests.s3 import Server, s3_server
from tests.s3_proxy import Proxy, proxy_before


@dataclass(frozen=True)
class Bench:
    """What is measured: an experiment in a folder, and a bucket behind a proxy."""

    experiment: Experiment
    folder: Path
    server: Server
    proxy: Proxy

    def milliseconds(self, stored: StudyStore) -> float:
        """Search in a new study and return the milliseconds a trial."""
        with stored.lease():
            study = OptunaStudy(stored, self.experiment)
            pool = LocalPool.of(self.experiment, self.folder)
            parts = Parts(study, pool, stored.checkpoints, stored.artifacts, listeners=[])
            search = Search(self.experiment, parts)
            begun = time.monotonic()
            search.run()
            taken = time.monotonic() - begun
            study.close()
        return 1000 * taken / self.experiment.budget.trials

    def in_folder(self) -> float:
        store = open_store(Path(tempfile.mkdtemp(dir=self.folder)))
        return self.milliseconds(store.study(self.experiment.name))

    def in_bucket(self, delay: int) -> tuple[float, Counter[str]]:
        """Return the milliseconds a trial with that delay, and the requests of each kind."""
        self.proxy.seconds = delay / 1000
        store = open_store(self.server.new_address())
        self.proxy.requests.clear()
        taken = self.milliseconds(store.study(self.experiment.name))
        return taken, Counter(line.split()[0] for line in self.proxy.requests)


def experiment_of(folder: Path, seconds: float, given: argparse.Namespace) -> Experiment:
    """Write the trainable and return the experiment."""
    (folder / "work.py").write_text(TRAINABLE.format(seconds=seconds, kilobytes=100))
    return Experiment.model_validate(
        {
            "name": "cost",
            "trainable": "work.py:train",
            "objective": {"metric": "value", "direction": "maximize"},
            "space": {"x": {"type": "float", "low": 0.0, "high": 1.0}},
            "sampler": {"type": "random"},
            "pruner": {"type": "none"},
            "budget": {"trials": given.trials},
            "checkpoints": {"every_seconds": 0 if given.checkpoints else 3600, "keep": 1},
        }
    )


def measure(bench: Bench, seconds: float, delays: list[int]) -> None:
    """Measure the folder, then the bucket at each delay, and print what came of it."""
    trials = bench.experiment.budget.trials
    folder = bench.in_folder()
    print(f"trials of {seconds:g} s, {trials} of them")
    print(f"  in a folder          {folder:8.1f} ms a trial")
    for delay in delays:
        taken, requests = bench.in_bucket(delay)
        each = ", ".join(f"{count / trials:.1f} {kind}" for kind, count in requests.most_common())
        cost = f"{taken:8.1f} ms a trial, {taken / folder:.2f} times"
        print(f"  in a bucket, {delay:3} ms  {cost}; {each}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=40, help="trials in a search (40)")
    parser.add_argument("--seconds", type=float, nargs="+", default=[0.0, 1.0])
    parser.add_argument("--milliseconds", type=int, nargs="+", default=[5, 50])
    parser.add_argument("--checkpoints", action="store_true", help="save one at each report")
    given = parser.parse_args()
    with s3_server() as server, proxy_before(server) as proxy:
        os.environ.update(server.environment(proxy.port))
        for seconds in given.seconds:
            with tempfile.TemporaryDirectory(prefix="hpsearch-cost-") as folder:
                experiment = experiment_of(Path(folder), seconds, given)
                bench = Bench(experiment, Path(folder), server, proxy)
                measure(bench, seconds, given.milliseconds)


if __name__ == "__main__":
    main()
