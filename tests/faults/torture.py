"""Kills drivers, workers and Ray at random moments of one search, and counts what is lost.

    python -m tests.faults.torture --minutes 5 --seed 1
    python -m tests.faults.torture --cluster --minutes 5

With `--cluster` the study is in a bucket and its trials run on a Ray cluster of three nodes, which
are killed, drained and replaced as well. Prints one line per kind of loss, all to be 0, and how
long a killed search takes to go on. Exit code 1 where anything is lost.
"""

import argparse
import os
import random
import re
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from hpsearch.common.trial import TrialRecord
from tests.faults.harness import Bench, Driver, compare, expected_curve

CHOICES = ["driver"] * 6 + ["worker"] * 5 + ["SIGTERM", "SIGINT", "twice", "raylet", "gcs_server"]
"""What is killed, by how often."""


HAS_BEGUN = re.compile("starting Ray|connecting to Ray")
"""What a driver says when there is something that it might lose; before, a signal just ends it."""

RAY_ENDED_IT = "GCS may have been killed"
"""What Ray says before it ends the driver itself, a minute after its GCS was killed amid its start:
the driver is in Ray's C++ by then, where it hears of nothing (2.60)."""


@dataclass
class Torture:
    """One search, and what was done to it."""

    bench: Bench
    chance: random.Random
    kills: Counter[str] = field(default_factory=Counter)
    resumed: list[float] = field(default_factory=list)
    known: dict[int, TrialRecord] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    choices: ClassVar[Sequence[str]] = CHOICES

    def run(self, seconds: float, most_kills: int | None = None) -> None:
        """Kill and run again for so long; then let the search come to its end."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and (most_kills is None or self.kills.total() < most_kills):
            self._one_driver(end)
            self.remember()
        self.finish()

    def finish(self) -> None:
        """Let the search come to its end, with the trials that it has."""
        trials = len(self.bench.records())
        self.bench.run("--set", f"budget.trials={trials}", seconds=300)
        self.remember()
        self.bench.wait_until_nothing_is_left()

    def _one_driver(self, end: float) -> None:
        with self.bench.driving("--set", "budget.trials=100000") as driver:
            began = time.monotonic()
            if self.chance.random() < 0.25:  # somewhere in its start
                time.sleep(self.chance.uniform(0.2, 6))
            elif not self._seen_to_work(driver, began):
                return
            while driver.is_running and time.monotonic() < end + 5:
                time.sleep(self.chance.uniform(0.1, 4))
                self._hit(driver, self.chance.choice(self.choices))

    def _seen_to_work(self, driver: Driver, began: float) -> bool:
        """Wait until a trial starts; note how long that took where the search went on."""
        while driver.is_running and not re.search(r"trial \d+ started", driver.said()):
            time.sleep(0.02)
            if time.monotonic() - began > 120:
                raise AssertionError(f"no trial started\n{driver.said()}")
        if self.kills:
            self.resumed.append(time.monotonic() - began)
        return driver.is_running

    def _hit(self, driver: Driver, what: str) -> None:
        self.kills[what] += 1
        if what == "driver":
            driver.kill()
        elif what == "worker":
            for pid in driver.workers()[:1]:
                os.kill(pid, signal.SIGKILL)
        elif what in ("raylet", "gcs_server"):
            for pid in driver.pids(f"/{what} "):
                os.kill(pid, signal.SIGKILL)
        else:
            driver.send(signal.SIGINT if what == "twice" else signal.Signals[what])
            if what == "twice":
                time.sleep(self.chance.uniform(0, 0.5))
                driver.send(signal.SIGINT)
            code = driver.wait(100)  # Ray may have to be started twice before it can be stopped
            is_early = code < 0 and not HAS_BEGUN.search(driver.said())
            if code != 130 and not is_early and not (code == 1 and RAY_ENDED_IT in driver.said()):
                self.changed.append(f"exit code {code} after {what}:\n{driver.said()[-2000:]}")

    def remember(self) -> None:
        """Hold that what was finished once stays as it was."""
        if not self.bench.has_begun:
            return
        now = {record.number: record for record in self.bench.records()}
        for number, record in self.known.items():
            if now.get(number) != record:
                self.changed.append(f"trial {number} was {record} and is {now.get(number)}")
        self.known = {n: record for n, record in now.items() if record.state.is_finished}

    def report(self) -> bool:
        """Print what came of it; return whether nothing was lost."""
        found = compare(self.bench)
        finished = list(self.known.values())
        torn = [r.number for r in finished if not _is_as_unbroken(r)]
        states = Counter(record.state.value for record in finished)
        self.changed += found.differing
        self.changed += [f"trial {number} is not as an unbroken one" for number in torn]
        print(f"kills       {self.kills.total()}: {dict(sorted(self.kills.items()))}")
        print(f"trials      {len(finished)}: {dict(states)}")
        print(f"attempts    {max((r.attempt for r in finished), default=0)} at most in a trial")
        print(f"lost        {len(found.lost)}")
        print(f"duplicated  {len(found.duplicated)}")
        print(f"differing   {len(self.changed)}")
        if self.resumed:
            median, most = statistics.median(self.resumed), max(self.resumed)
            print(
                f"resume      {median:.1f} s (median), {most:.1f} s (most) of {len(self.resumed)}"
            )
        for line in self.changed[:20]:
            print(f"  {line}", file=sys.stderr)
        return not (found.lost or found.duplicated or self.changed)


def _is_as_unbroken(record: TrialRecord) -> bool:
    curve = [(m.step, m.metrics["value"]) for m in record.measurements]
    whole = expected_curve(record)
    unbroken = whole[: len(curve)] if record.state.value == "pruned" else whole
    return curve == unbroken or record.state.value == "failed"


def write_search(bench: Bench, **resources: object) -> None:
    """Write a search whose trials save, pause, are promoted, pruned and tried again."""
    bench.write(params={"steps": 12, "pause": 0.1}, resources={
        "gpus_per_trial": 0, "retries": 5, **resources,
    }, checkpoints={"every_seconds": 0.3}, pruner={
        "type": "asha", "min_resource": 4, "reduction_factor": 2,
    })  # fmt: skip


@contextmanager
def torture(folder: Path, seed: int, *, cluster: bool = False) -> Iterator[Torture]:
    """Give a search to torture: on this machine, or on a cluster with its study in a bucket."""
    if cluster:
        from tests.faults.cluster_torture import cluster_torture  # it imports this module

        with cluster_torture(folder, seed) as tortured:
            yield tortured
        return
    bench = Bench(folder)
    write_search(bench, parallel_trials=2)
    yield Torture(bench, random.Random(seed))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cluster", action="store_true", help="on three nodes, in a bucket")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="hpsearch-torture-") as folder,
        torture(Path(folder), given.seed, cluster=given.cluster) as tortured,
    ):
        tortured.run(given.minutes * 60)
        sys.exit(0 if tortured.report() else 1)


if __name__ == "__main__":
    main()
