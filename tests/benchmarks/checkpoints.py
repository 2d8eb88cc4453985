"""Measures what checkpoints of any size cost the driver, and how fast they are safe.

    python -m tests.benchmarks.checkpoints                    # 8 slots with 500 MB, one with 4 GB
    python -m tests.benchmarks.checkpoints --quick            # tiny ones: only to see that it works
    python -m tests.benchmarks.checkpoints --base CHECKOUT    # an older hpsearch beside it

Trials do nothing but save checkpoints, all slots at once, through the command on a Ray of this
machine. `folder seen`: the workers put the files into the study's folder themselves. `not seen`:
they are told that it is on another machine, so that all goes through the driver.

- driver: its resident set before the first checkpoint, and how much more it had at its peak
- pause: the longest time from one look at the workers' connections to the next, and the 99th
  percentile; meanwhile no report is answered
- MB/s: from the end of a `save` until the next may begin, over all slots; `cp` copies as many
  files of that size at once, `cp, synced` flushes them to the disk as hpsearch does
"""

import argparse
import json
import os
import runpy
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]

TRAIN = """\
import os, time
from pathlib import Path

HERE = Path(os.environ["HPSEARCH_BENCHMARK"])


def train(params, trial):
    moments, bytes_ = [], params["megabytes"] * 10**6
    block = os.urandom(10**6)

    def save(folder):
        moments.append(time.time())
        with open(folder / "weights", "wb") as file:
            for _ in range(params["megabytes"]):
                file.write(block)
        moments.append(time.time())

    trial.report(0, {"value": 0.0})
    meet("here", trial.number, params["slots"])
    for step in range(1, params["saves"] + 2):
        trial.report(step, {"value": float(step)}, checkpoint=save)
    (HERE / f"moments-{trial.number}").write_text(" ".join(map(str, moments)))
    meet("done", trial.number, params["slots"])


def meet(name, number, slots):
    (HERE / f"{name}-{number}").touch()
    while len(list(HERE.glob(f"{name}-*"))) < slots:
        time.sleep(0.05)
    time.sleep(2)
"""


def drive(hide: bool) -> None:
    """Run the command in this process, and note how long its loop does not look at the workers."""
    from hpsearch.workers.connection import WorkerConnections

    look, pauses, ended = WorkerConnections.wait, [], [time.time()]

    def wait(self: WorkerConnections, *arguments: object, **named: object) -> set[str]:
        pauses.append((ended[0], time.time() - ended[0]))
        try:
            return look(self, *arguments, **named)  # type: ignore[arg-type]
        finally:
            ended[0] = time.time()

    WorkerConnections.wait = wait  # type: ignore[method-assign]
    if hide:
        hide_folders()
    sys.argv = ["hpsearch", "run", "experiment.yaml", "--no-register", "--quiet"]
    try:
        runpy.run_module("hpsearch", run_name="__main__")
    finally:
        Path("pauses.json").write_text(json.dumps(pauses))


def hide_folders() -> None:
    """Tell workers of another machine's folder; an older hpsearch sends everything anyway."""
    try:
        from hpsearch.store.folder.trial_files import FolderTrialFiles
    except ImportError:
        return

    def elsewhere(self: FolderTrialFiles) -> object:
        return FolderTrialFiles, (self.incoming, self.checkpoints, self.probe, "elsewhere")

    FolderTrialFiles.__reduce__ = elsewhere  # type: ignore[assignment]


def measure(root: Path, *, slots: int, megabytes: int, saves: int, seen: bool) -> Sequence[object]:
    """Run the command of the hpsearch in `root`, and return a row of the table."""
    with folder_for(slots, megabytes, saves) as folder:
        command = [sys.executable, __file__, "--drive", *([] if seen else ["--hide"])]
        environment = {**os.environ, "PYTHONPATH": str(root), "HPSEARCH_BENCHMARK": str(folder)}
        with (folder / "output").open("wb") as output:
            driver = subprocess.Popen(
                command, cwd=folder, env=environment, stdout=output, stderr=output
            )
            rest, peak = watch(driver, folder, slots)
        if driver.returncode:
            raise SystemExit((folder / "output").read_text())
        moments = [
            [float(moment) for moment in file.read_text().split()]
            for file in folder.glob("moments-*")
        ]
        gaps = [one[2 * i + 2] - one[2 * i + 1] for one in moments for i in range(saves)]
        begun, ended = min(one[0] for one in moments), max(one[-1] for one in moments)
        pauses = sorted(
            seconds
            for moment, seconds in json.loads((folder / "pauses.json").read_text())
            if begun <= moment <= ended
        )
    speed = slots * megabytes / statistics.mean(gaps)
    percentile = pauses[int(len(pauses) * 0.99)]
    return [rest, peak - rest, 1000 * pauses[-1], 1000 * percentile, speed]


def watch(driver: "subprocess.Popen[bytes]", folder: Path, slots: int) -> tuple[float, float]:
    """Return the driver's resident set before the first checkpoint and at its peak, in MB."""
    rest = peak = 0.0
    while driver.poll() is None:
        pages = Path(f"/proc/{driver.pid}/statm").read_text().split()
        size = int(pages[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6 if pages else 0.0
        if len(list(folder.glob("here-*"))) < slots:
            rest = size
        elif not list(folder.glob("done-*")):
            peak = max(peak, size)
        time.sleep(0.02)
    return rest, peak


@contextmanager
def folder_for(slots: int, megabytes: int, saves: int) -> Iterator[Path]:
    """Give a folder with the experiment."""
    given = {
        "name": "checkpoints",
        "trainable": "work.py:train",
        "objective": {"metric": "value", "direction": "maximize"},
        "space": {"x": {"type": "float", "low": 0.0, "high": 1.0}},
        "params": {"megabytes": megabytes, "saves": saves, "slots": slots},
        "pruner": {"type": "none"},
        "budget": {"trials": slots},
        "resources": {"cpus_per_trial": 0.1, "parallel_trials": slots},
        "checkpoints": {"every_seconds": 0, "keep": 1},
    }
    with TemporaryDirectory(prefix="hpsearch-benchmark-") as name:
        folder = Path(name)
        (folder / "work.py").write_text(TRAIN)
        (folder / "experiment.yaml").write_text(json.dumps(given))
        yield folder


def copy(slots: int, megabytes: int, *, synced: bool) -> float:
    """Return the MB/s of as many `cp` at once."""
    with TemporaryDirectory(prefix="hpsearch-benchmark-") as name:
        folder, block = Path(name), os.urandom(10**6)
        for slot in range(slots):
            with (folder / f"from-{slot}").open("wb") as file:
                for _ in range(megabytes):
                    file.write(block)
        sync = "&& sync $1" if synced else ""
        begun = time.monotonic()
        copies = [
            subprocess.Popen(
                ["/bin/sh", "-c", f"cp $0 $1 {sync}", f"from-{slot}", f"to-{slot}"], cwd=folder
            )
            for slot in range(slots)
        ]
        codes = [one.wait() for one in copies]
        if any(codes):
            raise SystemExit("cp failed")
        return slots * megabytes / (time.monotonic() - begun)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--slots", type=int, default=8, help="slots at once (8)")
    parser.add_argument("--megabytes", type=int, default=500, help="of each of them (500)")
    parser.add_argument("--large", type=int, default=4000, help="megabytes of the one alone (4000)")
    parser.add_argument("--saves", type=int, default=2, help="checkpoints of each trial (2)")
    parser.add_argument("--quick", action="store_true", help="2 slots of 8 MB and one of 32 MB")
    parser.add_argument("--base", type=Path, help="a checkout of an older hpsearch, run first")
    parser.add_argument("--drive", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--hide", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.drive:
        drive(given.hide)
        return
    sizes = [(given.slots, given.megabytes), (1, given.large)]
    if given.quick:
        sizes = [(2, 8), (1, 32)]
    print("| slots × MB | side | rest, MB | more, MB | pause, ms | 99 %, ms | MB/s |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    roots = [("before", given.base)] if given.base else []
    for slots, megabytes in sizes:
        for name, root in [*roots, ("now", ROOT)]:
            for seen in [False] if name == "before" else [True, False]:
                row = measure(root, slots=slots, megabytes=megabytes, saves=given.saves, seen=seen)
                side = name if name == "before" else f"folder {'seen' if seen else 'not seen'}"
                show(slots, megabytes, side, row)
        for synced in (False, True):
            speed = copy(slots, megabytes, synced=synced)
            show(slots, megabytes, "cp, synced" if synced else "cp", ["", "", "", "", speed])


def show(slots: int, megabytes: int, side: str, cells: Sequence[object]) -> None:
    """Print a row of the table."""
    shown = [f"{cell:,.0f}" if isinstance(cell, float) else str(cell) for cell in cells]
    print(f"| {slots} × {megabytes:,} | {side} | {' | '.join(shown)} |", flush=True)


if __name__ == "__main__":
    main()
