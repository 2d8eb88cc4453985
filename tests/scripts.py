"""Scripts that run as the command of a trial, and an engine that decides as a test wants it."""

import os
import selectors
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hpsearch.common.checkpoints import Checkpoints
from hpsearch.common.decision import Decision, TrialStopped
from hpsearch.common.trial import Measurement
from hpsearch.engine import (
    Answer,
    Reported,
    Restored,
    RunFound,
    RunWanted,
    Saved,
    Saving,
    Task,
)
from hpsearch.store import open_store
from hpsearch.trainable import Trial
from hpsearch.trainable.command.channel import Channel
from hpsearch.workers.handover import Handover
from hpsearch.workers.output import Output
from hpsearch.workers.restore import restore
from hpsearch.workers.setup import WorkerSetup
from hpsearch.workers.trial import CHECKPOINT, WorkerTrial
from tests.stored import content, save


@dataclass
class Engine:
    """Answers a trial's reports, and remembers them."""

    wants_checkpoints: bool = False
    stops_at: int | None = None
    reports: dict[int, Mapping[str, float]] = field(default_factory=dict)
    logs: list[tuple[int, Mapping[str, float]]] = field(default_factory=list)
    handovers: list[Handover] = field(default_factory=list)
    store: Checkpoints = field(
        default_factory=lambda: open_store("memory://").study("scripts").checkpoints
    )

    def answer(self, event: Reported | RunWanted) -> Answer:
        if isinstance(event, RunWanted):
            return RunFound("the run")
        *logged, last = event.measurements
        self.logs += [(one.step, one.metrics) for one in logged]
        self.reports[last.step] = last.metrics
        return Decision(
            stop=last.step == self.stops_at,
            reason="not good enough",
            save=self.wants_checkpoints,
        )

    def hear(self, event: Restored | Saving | Saved) -> None:
        """Keep a checkpoint."""
        assert isinstance(event, Saved)
        self.store.commit(7, event.measurement, event.stored)

    @property
    def saved(self) -> dict[int, Mapping[str, bytes]]:
        """The files of the checkpoints by their step, once the last one is whole."""
        for handover in self.handovers:
            handover.wait()
        return {step: content(self.store, 7, step) or {} for step in self.store.steps(7)}

    def trial(self, folder: Path, task: Task | None = None) -> WorkerTrial:
        """Return a trial whose files are in a folder."""
        setup = WorkerSetup("train.py", folder, study="scripts")
        (folder / "log").write_text("  0.1  hello\n")
        capture = Output().capture(str(folder / "log"))
        task = task or Task(7, 1, 42, {})
        resumed = None
        if task.checkpoints:
            _, resumed = restore(task, task.files, folder / CHECKPOINT)
        self.handovers.append(Handover(task, self.store.files(7), self.hear))
        return WorkerTrial(
            task,
            setup,
            folder,
            exchange=self.answer,
            handover=self.handovers[-1],
            output=capture,
            resumed=resumed,
        )


def resuming(task: Task, step: int, files: Mapping[str, bytes]) -> Task:
    """Return the task, to be resumed from a checkpoint with these files."""
    store = open_store("memory://").study("resumed").checkpoints
    save(store, task.number, Measurement(step, {}, 1.0), files)
    return replace(task, files=store.files(task.number), checkpoints=store.resumable(task.number))


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
