"""Scripts that run as the command of a trial, and an engine that decides as a test wants it."""

import os
import selectors
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hpsearch.common.decision import Decision, TrialStopped
from hpsearch.engine import Answer, Reported, RunFound, RunWanted, Saved, Task
from hpsearch.trainable import Trial
from hpsearch.trainable.command.channel import Channel
from hpsearch.workers.output import Output
from hpsearch.workers.setup import WorkerSetup
from hpsearch.workers.trial import WorkerTrial


@dataclass
class Engine:
    """Answers a trial's reports, and remembers them."""

    wants_checkpoints: bool = False
    stops_at: int | None = None
    reports: dict[int, Mapping[str, float]] = field(default_factory=dict)
    logs: list[tuple[int, Mapping[str, float]]] = field(default_factory=list)
    saved: dict[int, Mapping[str, bytes]] = field(default_factory=dict)

    def answer(self, event: Reported | Saved | RunWanted) -> Answer:
        if isinstance(event, RunWanted):
            return RunFound("the run")
        if isinstance(event, Saved):
            self.saved[event.measurement.step] = event.files
            return Decision()
        *logged, last = event.measurements
        self.logs += [(one.step, one.metrics) for one in logged]
        self.reports[last.step] = last.metrics
        return Decision(
            stop=last.step == self.stops_at,
            reason="not good enough",
            save=self.wants_checkpoints,
        )

    def trial(self, folder: Path, task: Task | None = None) -> WorkerTrial:
        """Return a trial whose files are in a folder."""
        setup = WorkerSetup("train.py", folder, study="scripts")
        (folder / "log").write_text("  0.1  hello\n")
        capture = Output().capture(str(folder / "log"))
        task = task or Task(7, 1, 42, {}, {}, 0.0)
        return WorkerTrial(task, setup, folder, exchange=self.answer, output=capture)


@dataclass
class Ran:
    """What a script left; `stops` are the reasons for which it was stopped."""

    code: int
    output: str
    errors: str
    stops: Sequence[str]


def run_script(
    trial: Trial,
    source: str,
    *,
    params: Mapping[str, Any] | None = None,
    python: Sequence[str] = (sys.executable,),
) -> Ran:
    """Run a script as the trial's command, until it ends by itself."""
    with Channel(trial, params or {}) as channel, ThreadPoolExecutor(1) as apart:
        process = start(source, channel.environment, python)
        output = apart.submit(process.communicate)
        stops: list[str] = []
        with selectors.DefaultSelector() as selector:
            selector.register(channel, selectors.EVENT_READ)
            selector.register(ended := os.pidfd_open(process.pid), selectors.EVENT_READ)
            while ended not in [key.fd for key, _ in selector.select()]:
                try:
                    channel.handle()
                except TrialStopped as stop:
                    stops.append(str(stop))
        os.close(ended)
        return Ran(process.wait(), *output.result(), stops)


def start(
    source: str, environment: Mapping[str, str], python: Sequence[str] = (sys.executable,)
) -> "subprocess.Popen[str]":
    """Start a script that prints into pipes."""
    return subprocess.Popen(
        [*python, "-c", source],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
