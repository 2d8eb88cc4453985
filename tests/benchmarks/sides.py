"""Runs one side of a comparison: a fresh process in a folder of its own, watched from outside."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import psutil

from tests.benchmarks.marks import VARIABLE, Mark, read_marks
from tests.benchmarks.recording import Recording

ROOT = Path(__file__).parents[2]
EXPERIMENT = "experiment.yaml"

TICK_SECONDS = 0.05
"""How often the command's own memory and its records are looked at."""
TICKS_A_SCAN = 20
"""Every so many ticks, all processes that the command started are looked at as well."""
LEFT_SECONDS = 10.0
"""How long processes that a command leaves behind may take to end."""

HPSEARCH = ("-m", "hpsearch")
OURS = (*HPSEARCH, "run", EXPERIMENT, "--no-register", "--quiet")
TUNE = ("-m", "tests.benchmarks.peers.tune", EXPERIMENT)
OPTUNA = ("-m", "tests.benchmarks.peers.plain_optuna", EXPERIMENT, "--storage")

ENGINES: Mapping[str, Sequence[str]] = {
    "hpsearch": OURS,
    "Ray Tune, defaults": TUNE,
    "Ray Tune, reuse": (*TUNE, "--reuse"),
    "Optuna, journal": (*OPTUNA, "journal"),
    "Optuna, SQLite": (*OPTUNA, "sqlite"),
}
"""The sides that can run an experiment over one of the workloads."""

Side = TypeVar("Side")


def loop(
    kind: str, steps: int, every: int, *, processes: int = 1, device: str = "cpu"
) -> Sequence[str]:
    """Return the command of one of the training loops without an engine, see loops.py."""
    numbers = {"--steps": steps, "--every": every, "--processes": processes, "--device": device}
    words = [str(word) for pair in numbers.items() for word in pair]
    return ("-m", "tests.benchmarks.loops", kind, *words)


@dataclass(frozen=True)
class Observed:
    """A run of a side. Moments are seconds of the wall clock; `memory` is peak MiB by process."""

    begun: float
    ended: float
    marks: Sequence[Mark]
    memory: Mapping[str, float]
    recording: Recording
    output: str

    @property
    def seconds(self) -> float:
        """Seconds from the command to its end."""
        return self.ended - self.begun

    def first(self, name: str) -> float:
        """Return when something was first noted, in seconds since the command."""
        return min(one.moment for one in self.marks if one.name == name) - self.begun

    def last(self, name: str) -> float:
        """Return when something was last noted, in seconds since the command."""
        return max(one.moment for one in self.marks if one.name == name) - self.begun

    @property
    def speed(self) -> float:
        """Steps a second of all workers together, each by the median of its marks but the first."""
        speeds: defaultdict[str, list[float]] = defaultdict(list)
        for one in self.marks:
            if one.name.startswith("speed:"):
                speeds[one.name].append(one.value)
        return sum(statistics.median(of_worker[1:]) for of_worker in speeds.values())

    @property
    def recorded(self) -> float:
        """Seconds from the command until the last trial was recorded, wherever the side records."""
        if self.recording.moment is not None:
            return self.recording.moment - self.begun
        return self.last("recorded")


@dataclass
class _Watch:
    """The memory of a command and of all that it starts, as peak resident sets, and its records."""

    root: psutil.Process
    recording: Recording
    peaks: dict[str, float] = field(default_factory=dict)
    started: dict[int, psutil.Process] = field(default_factory=dict)

    def look(self, *, everywhere: bool) -> None:
        self._note("driver", self.root.pid)
        self.recording.look()
        if everywhere:
            with suppress(psutil.Error):
                for process in self.root.children(recursive=True):
                    self.started[process.pid] = process
                    self._note(_kind(process), process.pid)

    def _note(self, kind: str, pid: int) -> None:
        with suppress(OSError, StopIteration):
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            kilobytes = next(line.split()[1] for line in lines if line.startswith("VmHWM"))
            self.peaks[kind] = max(self.peaks.get(kind, 0.0), int(kilobytes) / 1024)

    def end_all(self) -> None:
        """Wait for what the command left behind, then kill it: all of it was started here."""
        left = psutil.wait_procs(self.started.values(), timeout=LEFT_SECONDS)[1]
        for process in left:
            with suppress(psutil.Error):
                process.kill()


@contextmanager
def folder_for(experiment: Mapping[str, Any] | None = None) -> Iterator[Path]:
    """Make a folder for one side, with its experiment; it is removed in the end."""
    with TemporaryDirectory(prefix="benchmark-", ignore_cleanup_errors=True) as name:
        if experiment is not None:
            (Path(name) / EXPERIMENT).write_text(json.dumps(experiment))  # which is YAML
        yield Path(name)


def observe(
    command: Sequence[str],
    folder: Path,
    *,
    minutes: float = 60,
    environment: Mapping[str, str] | None = None,
    through: Sequence[str] = (),
    trials: int | None = None,
) -> Observed:
    """Run `python …` in a folder; raises RuntimeError with what it said where it fails.

    `through` is a program that is given the whole command to run. `recorded` is when MLflow's store
    in that folder had so many `trials`.
    """
    file, log = folder / "marks.txt", folder / "output.txt"
    file.unlink(missing_ok=True)
    paths = os.pathsep.join([str(ROOT), str(ROOT / "experiments")])
    surroundings = {**os.environ, "PYTHONPATH": paths, VARIABLE: str(file), **(environment or {})}
    surroundings.pop("MLFLOW_TRACKING_URI", None)
    begun = time.time()
    with log.open("w") as output:
        process = subprocess.Popen(
            [*through, sys.executable, *command],
            cwd=folder,
            env=surroundings,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        watch = _Watch(psutil.Process(process.pid), Recording(folder / "mlflow.db", trials))
        try:
            ended = _wait(process, watch, begun + minutes * 60)
        finally:
            process.kill()
            watch.end_all()
    said = log.read_text()
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{said[-3000:]}")
    return Observed(begun, ended, read_marks(file), watch.peaks, watch.recording, said)


def in_turns(sides: Sequence[Side], repeats: int) -> Iterator[Side]:
    """Give every side once in each repeat, each time beginning with another one."""
    for repeat in range(repeats):
        first = repeat % len(sides)
        yield from [*sides[first:], *sides[:first]]


def _wait(process: "subprocess.Popen[bytes]", watch: _Watch, deadline: float) -> float:
    """Wait for the end, watching; return when it was."""
    ticks = 0
    while process.poll() is None:
        watch.look(everywhere=ticks % TICKS_A_SCAN == 0)
        if time.time() > deadline:
            raise RuntimeError("it took too long")
        ticks += 1
        with suppress(subprocess.TimeoutExpired):
            process.wait(TICK_SECONDS)
    ended = time.time()
    watch.recording.look()
    return ended


def _kind(process: psutil.Process) -> str:
    """Say what a process that a side started is."""
    command = process.cmdline()
    title = command[0] if command else ""
    if title.startswith("ray::IDLE"):
        return "idle Ray worker"
    if title.startswith("ray::"):
        return "worker"
    if "--process" in command:
        return "worker"
    words = " ".join(command)
    if "report_process" in words:
        return "report"
    return "Ray itself" if "ray" in words else "other"
