"""Measures one driver with many slots: the share of the slots' time, and what a report costs it.

    python -m tests.benchmarks.slots --slots 25 50 --trials 2
    python -m tests.benchmarks.slots --slots 3 --seconds 1 --reports 1000  # how many a second?

The trials sleep and report, so that a slot needs next to no processor: there are more slots than
processors here (`cpus_per_trial` below 1), each with a worker of its own (130 MiB). Trials of 5 s
report 5 times, trials of 1 s 20 times. The share is that of the time from when all slots run until
the last trial starts; the driver's time is that of the loop's thread on the processor, which other
work on the machine hardly changes. `plain processes` do the same trials without an engine, one
after another: what they lose, the machine takes. A profile: `py-spy record -- python …`.
"""

import argparse
import multiprocessing
import resource
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from hpsearch import usecases
from hpsearch.common.trial import Measurement, TrialRecord
from hpsearch.display.live_table import choose_display
from hpsearch.experiment import Experiment
from hpsearch.store import open_store
from tests.benchmarks.results import say
from tests.benchmarks.workloads import experiment, sleeping

REPORTS = {5.0: 5, 1.0: 20}
"""How often a trial reports, by the seconds that it sleeps."""


@dataclass
class Clock:
    """A listener that notes when trials started and ended, and the processor time of its thread."""

    slots: int
    starts: dict[int, float] = field(default_factory=dict)
    ends: dict[int, float] = field(default_factory=dict)
    full: float | None = None
    """When all slots first ran at once; workers come one after another, and the first ones begin
    their next trials meanwhile."""
    reports: int = 0
    cpu: float = 0.0

    def started(self, record: TrialRecord) -> None:
        self.cpu = self.cpu or time.thread_time()
        now = self.starts[record.number] = time.monotonic()
        if self.full is None and len(self.starts) - len(self.ends) == self.slots:
            self.full = now

    def measured(self, record: TrialRecord, measurements: Sequence[Measurement]) -> None:
        self.reports += 1

    def paused(self, record: TrialRecord) -> None: ...

    def finished(self, record: TrialRecord) -> None:
        self.ends[record.number] = time.monotonic()
        if len(self.ends) == len(self.starts):
            self.cpu = time.thread_time() - self.cpu

    def busy(self, seconds: float) -> float:
        """Return the share of the slots' time from when all of them run until the last start.

        A trial that is partly within that time counts with that part of its seconds.
        """
        begin, end = self.full, max(self.starts.values())
        if begin is None or begin == end:
            raise SystemExit("not all slots ran at once: give more trials")
        parts = (
            max(0.0, min(over, end) - max(start, begin)) / (over - start)
            for start, over in ((self.starts[number], self.ends[number]) for number in self.starts)
        )
        return sum(parts) * seconds / (self.slots * (end - begin))


def measure(slots: int, seconds: float, trials: int, reports: int) -> str:
    """Search with so many slots, `trials` on each of them; return what it cost, in a line."""
    given = _experiment(slots, seconds, trials * slots, reports)
    clock = Clock(slots)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        given["tracking"] = {"uri": f"sqlite:///{folder}/mlflow.db"}
        source = usecases.Source.of(Experiment.model_validate(given))
        store = open_store(Path(folder) / "studies").study(source.experiment.name)
        usecases.run(
            source, choose_display(quiet=True), store=store, register=False, listeners=[clock]
        )
    took = max(clock.ends.values()) - min(clock.starts.values())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"{slots:4d} slots, trials of {seconds:g} s: share {clock.busy(seconds):.3f}, "
        f"{clock.reports / took:.0f} reports/s, {clock.cpu / clock.reports * 1000:.2f} ms of the "
        f"driver each ({clock.cpu / took:.2f} of a core), {memory:.0f} MiB"
    )


class Quiet:
    """A trial whose reports go nowhere."""

    def report(self, step: int, metrics: Mapping[str, float]) -> None: ...


def bare(slots: int, seconds: float, trials: int, reports: int) -> str:
    """Run the trials in so many plain processes; return the share of their time, in a line."""
    with multiprocessing.get_context("spawn").Pool(slots) as pool:
        took = pool.starmap(_sleep, [(seconds, trials, reports)] * slots, chunksize=1)
    share = seconds / statistics.mean(took)
    return f"{slots:4d} plain processes, trials of {seconds:g} s: share {share:.3f}"


def _sleep(seconds: float, trials: int, reports: int) -> float:
    """Return the seconds that a trial takes here."""
    begun = time.monotonic()
    for _ in range(trials):
        sleeping({"seconds": seconds, "reports": reports, "dropout": 0.5}, Quiet())
    return (time.monotonic() - begun) / trials


def _experiment(slots: int, seconds: float, trials: int, reports: int) -> dict[str, Any]:
    params = {"seconds": seconds, "reports": reports}
    cpus = int((psutil.cpu_count() or 1) / slots * 1000) / 1000
    resources = {"parallel_trials": slots, "cpus_per_trial": cpus, "gpus_per_trial": 0}
    return experiment("sleeping", trials, params=params, resources=resources)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slots", type=int, nargs="+", default=[25, 50, 100])
    parser.add_argument("--seconds", type=float, nargs="+", default=[*REPORTS], choices=REPORTS)
    parser.add_argument("--trials", type=int, default=4, help="trials on each slot")
    parser.add_argument("--reports", type=int, help="of a trial, instead of 5 and 20")
    parser.add_argument("--quick", action="store_true", help="4 slots, 2 trials of 1 s on each")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.slots, chosen.seconds, chosen.trials = [4], [1.0], 2
    for slots in chosen.slots:
        for seconds in chosen.seconds:
            reports = chosen.reports or REPORTS[seconds]
            say(measure(slots, seconds, chosen.trials, reports))
            say(bare(slots, seconds, chosen.trials, reports))


if __name__ == "__main__":
    main()
