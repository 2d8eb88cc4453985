"""Measures what durability costs a search without faults, in percent of its trials per minute.

    python -m tests.benchmarks.durability --rounds 15 --trials 30 --seconds 0 1

Both sides are the real search in this process, one trial after another, with Optuna's TPE, the
journal, checkpoints and no MLflow (which is written beside the search, not by it). One side is as
it is; the other has the flushes to disk (`os.fsync`) and the checksums of journal and checkpoints
taken out. Rounds of both alternate, so that the machine's moods meet both. A trial reports three
times; checkpoints are kept by the rules that an experiment has unless it says otherwise
(`--every-seconds 0`: at each report).
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from hpsearch.engine import Parts, Search
from hpsearch.experiment import Experiment
from hpsearch.store.folder import FolderStudy
from hpsearch.strategies import OptunaStudy
from hpsearch.workers.local.pool import LocalPool

TRAINABLE = """\
import time

WEIGHTS = bytes({kilobytes} * 1000)


def train(params, trial):
    for step in (1, 2, 3):
        time.sleep({seconds} / 3)
        save = lambda folder: (folder / "weights").write_bytes(WEIGHTS)
        trial.report(step, {{"value": params["x"] * step}}, checkpoint=save)
"""


class _NoHash:
    """In the place of SHA-256."""

    def __init__(self, data: bytes = b"") -> None: ...

    def update(self, data: bytes) -> None: ...

    def hexdigest(self) -> str:
        return ""


@contextmanager
def without_durability() -> Iterator[None]:
    """Take out what only serves a machine, a disk or a process that fails."""
    with (
        patch.object(os, "fsync", lambda descriptor: None),
        patch("hpsearch.store.manifest.hashlib.sha256", _NoHash),
        patch("hpsearch.store.folder.trial_files.flush_and_hash", lambda file: ""),
        patch("hpsearch.strategies.journal_format.zlib.crc32", lambda data: 0),
    ):
        yield


def seconds_of(experiment: Experiment, folder: Path) -> float:
    """Search in a new study and return the seconds a trial."""
    stored = FolderStudy(Path(tempfile.mkdtemp(dir=folder)) / "study")
    study = OptunaStudy(stored, experiment)
    search = Search(
        experiment,
        Parts(
            study=study,
            pool=LocalPool.of(experiment, folder),
            checkpoints=stored.checkpoints,
            artifacts=stored.artifacts,
            listeners=[],
        ),
    )
    begun = time.monotonic()
    search.run()
    taken = time.monotonic() - begun
    study.close()
    return taken / experiment.budget.trials


def measure(folder: Path, seconds: float, given: argparse.Namespace) -> None:
    """Measure both sides in turns and print what came of it."""
    trials, rounds = given.trials, given.rounds
    (folder / "work.py").write_text(TRAINABLE.format(seconds=seconds, kilobytes=given.kilobytes))
    experiment = Experiment.model_validate(
        {
            "name": "cost",
            "trainable": "work.py:train",
            "objective": {"metric": "value", "direction": "maximize"},
            "space": {"x": {"type": "float", "low": 0.0, "high": 1.0}},
            "pruner": {"type": "none"},
            "budget": {"trials": trials},
            "checkpoints": {"every_seconds": given.every_seconds},
        }
    )
    with_it, without = [], []
    for _ in range(rounds):
        with_it.append(seconds_of(experiment, folder))
        with without_durability():
            without.append(seconds_of(experiment, folder))
    costs = [one - other for one, other in zip(with_it, without, strict=True)]
    percent = [100 * cost / one for cost, one in zip(costs, with_it, strict=True)]
    print(f"trials of {seconds:g} s, {rounds} rounds of {trials} on each side")
    print(f"  with durability     {spread([1000 * one for one in with_it])} ms a trial")
    print(f"  without             {spread([1000 * one for one in without])} ms a trial")
    print(f"  the cost            {spread([1000 * one for one in costs])} ms a trial")
    print(f"  of the throughput   {spread(percent)} %")


def spread(values: Sequence[float]) -> str:
    """Return the median and the middle half of some values."""
    if len(values) < 2:
        return f"{values[0]:.2f}"
    low, middle, high = statistics.quantiles(values, n=4)
    return f"{middle:7.2f}  ({low:.2f} to {high:.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=30, help="trials in a round (30)")
    parser.add_argument("--rounds", type=int, default=15, help="rounds on each side (15)")
    parser.add_argument(
        "--seconds",
        type=float,
        nargs="+",
        default=[0.0, 1.0],
        help="how long a trial trains, one measurement for each (0 1)",
    )
    parser.add_argument("--kilobytes", type=int, default=100, help="size of a checkpoint (100)")
    parser.add_argument(
        "--every-seconds", type=float, default=60, help="`checkpoints.every_seconds` (60)"
    )
    parser.add_argument("--folder", type=Path, help="where, on the disk to be measured (/tmp)")
    given = parser.parse_args()
    for seconds in given.seconds:
        with tempfile.TemporaryDirectory(prefix="hpsearch-cost-", dir=given.folder) as folder:
            measure(Path(folder), seconds, given)


if __name__ == "__main__":
    main()
