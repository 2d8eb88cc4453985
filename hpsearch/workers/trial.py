"""The `Trial` that a trainable is given: its reports become events, and decisions come back."""

import os
import reprlib
import shutil
import socket
import time
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path

from hpsearch.common.checkpoints import StoredCheckpoint
from hpsearch.common.decision import Decision, TrialStopped
from hpsearch.common.trial import Measurement, Place, Source
from hpsearch.engine import Answer, Ended, Reported, RunFound, RunWanted, Task
from hpsearch.trainable import plain_metrics, saving, whole_step
from hpsearch.workers import device_memory
from hpsearch.workers.frames import forget_frames
from hpsearch.workers.handover import Handover
from hpsearch.workers.output import Capture
from hpsearch.workers.result_values import result_metrics
from hpsearch.workers.setup import WorkerSetup

Exchange = Callable[[Reported | RunWanted], Answer]
"""Takes an event to the driver and returns its answer."""

CHECKPOINT = "checkpoint"
"""The folder of the files to resume from, in the attempt's own."""


class WorkerTrial:
    """See `trainable.contract.Trial`.

    `folder` is the attempt's own; in `checkpoint` there it has the files of what it resumes from.
    """

    def __init__(
        self,
        task: Task,
        setup: WorkerSetup,
        folder: Path,
        *,
        exchange: Exchange,
        handover: Handover,
        output: Capture,
        resumed: StoredCheckpoint | None = None,
        code: str = "",
    ) -> None:
        self.number = task.number
        self.study = setup.study
        self.start_step = resumed.step + 1 if resumed else 0
        self.seed = task.seed
        self.device = setup.device
        self.threads = setup.threads
        self.rank = task.rank
        self.world_size = task.world_size
        self._folder = folder
        self._exchange = exchange
        self._handover = handover
        self._output = output
        self.artifacts = _new_folder(self._folder / "artifacts")
        self.scratch = _new_folder(self._folder / "scratch")
        self.checkpoint = self._folder / CHECKPOINT if resumed else None
        self._place = Place(socket.gethostname(), os.getpid(), setup.device, code)
        self._pending: list[Measurement] = []
        self._last_step = -1
        self._run: RunFound | None = None
        self._earlier_seconds = resumed.seconds if resumed else 0.0
        self._begun = time.monotonic()
        self._stop_reason: str | None = None
        self._stops: weakref.WeakSet[TrialStopped] = weakref.WeakSet()

    @property
    def output(self) -> str:
        """See `Trial.output`."""
        return self._output.tail_so_far()

    @property
    def mlflow_run_id(self) -> str | None:
        """See `Trial.mlflow_run_id`."""
        if self._run is None:
            if os.getpid() != self._place.process:
                raise RuntimeError("mlflow_run_id: the trial's own process asks for it, no child")
            found = self._exchange(RunWanted(self.number))
            assert isinstance(found, RunFound)  # noqa: S101 (what it is answered with)
            self._run = found
        return self._run.run_id

    def report(
        self,
        step: int,
        metrics: Mapping[str, float],
        checkpoint: Callable[[Path], None] | None = None,
    ) -> None:
        """See `Trial.report`."""
        if self._stop_reason is not None:
            raise self._stop()
        if os.getpid() != self._place.process:
            raise RuntimeError("report: only the trial's own process reports, not its children")
        step, save = whole_step(step), saving(checkpoint)
        if step <= self._last_step:
            raise ValueError(f"report: step {step} does not follow step {self._last_step}")
        self._measure(step, plain_metrics(metrics), "reported")
        self._last_step = step
        new, savable = self._take_pending(), save is not None
        decision = self._exchange(Reported(self.number, new, savable=savable, place=self._place))
        assert isinstance(decision, Decision)  # noqa: S101 (what a report is answered with)
        if decision.save and save is not None:
            self._save(new[-1], save)
        if decision.stop:
            self._stop_reason = decision.reason
            raise self._stop()

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """See `Trial.log`."""
        self._measure(whole_step(step), plain_metrics(metrics), "logged")

    def note_result(self, returned: object) -> str:
        """Take what the trainable returned as its result; return why it is none, or nothing."""
        found = result_metrics(returned)
        if found:
            self._measure(0, found, "returned")  # the driver knows its step
        if found or returned is None:
            return ""
        return f"; it returned {reprlib.repr(returned)}: return a number, or a mapping of metrics"

    def _measure(self, step: int, metrics: Mapping[str, float], source: Source) -> None:
        seconds = round(self._earlier_seconds + time.monotonic() - self._begun, 3)
        self._pending.append(Measurement(step, metrics, seconds, source))

    def ended(
        self, how: str, reason: str = "", trace: str = "", device_fault: bool = False
    ) -> Ended:
        """Return the attempt's last event, with what was logged since the last report."""
        artifacts = None
        if os.getpid() == self._place.process:  # not a child that the trainable forked
            self._handover.wait()
            artifacts = self._handover.take_artifacts(self.artifacts)
        return Ended(
            self.number,
            how,  # type: ignore[arg-type]
            reason,
            trace,
            self._take_pending(),
            artifacts,
            self._place,
            device_fault,
            device_memory.peak(),
        )

    def forget_stops(self) -> None:
        """Free what is held by stops that the trainable caught and kept."""
        for stop in list(self._stops):
            forget_frames(stop)

    def _stop(self) -> TrialStopped:
        """Return a new exception each time: one that is raised twice holds the frames of both."""
        stop = TrialStopped(self._stop_reason)
        self._stops.add(stop)
        return stop

    def _take_pending(self) -> tuple[Measurement, ...]:
        pending, self._pending = tuple(self._pending), []
        return pending

    def _save(self, measurement: Measurement, save: Callable[[Path], None]) -> None:
        """Let the trainable write a checkpoint, which is handed over while it trains on."""
        self._handover.wait()
        folder = _new_folder(self._folder / "save")
        try:
            save(folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self._handover.save(measurement, folder)


def _new_folder(folder: Path) -> Path:
    folder.mkdir()
    return folder
