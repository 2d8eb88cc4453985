"""A warm process's part: runs one attempt after another and stands still at each report.

The trainable runs in a thread of its own; `begin` and `advance` let it go on until its next event.
So the driver needs no callbacks: one call, one event. Imports neither ray nor torch.
"""

import os
import queue
import shutil
import socket
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hpsearch.common.files import read_folder, write_folder
from hpsearch.common.trial import Decision, Measurement, Place, TrialStopped
from hpsearch.engine.ports import Ended, Event, Reported, Saved, Task
from hpsearch.trainable.loading import Trainable, load_trainable
from hpsearch.trainable.signature import Signature, live_signature
from hpsearch.workers import device_memory

DEVICE_FAULTS = ("OutOfMemoryError", "CUDA error", "CUDA out of memory", "CUDNN_STATUS")


@dataclass(frozen=True)
class WorkerSetup:
    """What a worker needs to know once. `folder` is the experiment's, as this worker sees it."""

    reference: str
    folder: Path
    device: str
    threads: int


class Worker:
    """Runs attempts, one at a time."""

    def __init__(self, setup: WorkerSetup) -> None:
        self._setup = setup
        self._trainable: Trainable | None = None
        self._trial: _WorkerTrial | None = None

    def load(self) -> Signature:
        """Import the trainable and return what it takes; raises UserError where it is broken."""
        os.environ.setdefault("OMP_NUM_THREADS", str(self._setup.threads))
        self._trainable = load_trainable(self._setup.reference, self._setup.folder)
        return live_signature(self._trainable)

    def begin(self, task: Task) -> Event:
        """Start an attempt and return its first event."""
        if self._trainable is None:
            self.load()
        try:
            self._trial = _WorkerTrial(task, self._setup)
        except OSError as error:  # no room for temporary files
            return Ended(task.number, "raised", f"{type(error).__name__}: {error}")
        thread = threading.Thread(
            target=self._run, args=(self._trial, task), name=f"trial-{task.number}", daemon=True
        )
        thread.start()
        return self._trial.events.get()

    def advance(self, decision: Decision) -> Event:
        """Answer the last event and return the next one."""
        assert self._trial is not None  # noqa: S101 (an attempt was begun)
        self._trial.decisions.put(decision)
        return self._trial.events.get()

    def _run(self, trial: "_WorkerTrial", task: Task) -> None:
        """Run the trainable to its end, whatever that is, and say how it ended."""
        assert self._trainable is not None  # noqa: S101 (`begin` loaded it)
        device_memory.begin()
        try:
            self._trainable.train(self._trainable.make_params(task.params), trial)
            ended = trial.ended("returned")
        except TrialStopped as stop:
            ended = trial.ended("stopped", str(stop))
        except BaseException as error:
            reason = traceback.format_exception_only(error)[-1].strip()
            ended = trial.ended("raised", reason, traceback.format_exc(), _is_of_device(reason))
        trial.close()
        device_memory.release()
        trial.events.put(ended)


class _WorkerTrial:
    """The `Trial` that the trainable is given: its reports become events, decisions come back."""

    def __init__(self, task: Task, setup: WorkerSetup) -> None:
        self.number = task.number
        self.seed = task.seed
        self.device = setup.device
        self.threads = setup.threads
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.decisions: queue.SimpleQueue[Decision] = queue.SimpleQueue()
        self._folder = Path(tempfile.mkdtemp(prefix=f"hpsearch-{task.number}-"))
        self.artifacts = _made(self._folder / "artifacts")
        self.scratch = _made(self._folder / "scratch")
        self.checkpoint = self._unpacked(task.files)
        self._place = Place(socket.gethostname(), os.getpid(), setup.device)
        self._pending: list[Measurement] = []
        self._last_step = -1
        self._earlier_seconds = task.seconds
        self._begun = time.monotonic()
        self._stop: TrialStopped | None = None

    def report(
        self,
        step: int,
        metrics: Mapping[str, float],
        checkpoint: Callable[[Path], None] | None = None,
    ) -> None:
        """See `Trial.report`."""
        if self._stop is not None:
            raise self._stop
        if step <= self._last_step:
            raise ValueError(f"report: step {step} does not follow step {self._last_step}")
        self.log(step, metrics)
        self._last_step = step
        new, savable = self._flushed(), checkpoint is not None
        decision = self._exchange(Reported(self.number, new, savable=savable, place=self._place))
        if decision.save and checkpoint is not None:
            self._exchange(Saved(self.number, new[-1], self._packed(checkpoint)))
        if decision.stop:
            self._stop = TrialStopped(decision.reason)
            raise self._stop

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """See `Trial.log`."""
        seconds = round(self._earlier_seconds + time.monotonic() - self._begun, 3)
        self._pending.append(Measurement(_whole(step), _numbers(metrics), seconds))

    def ended(
        self, how: str, reason: str = "", trace: str = "", device_fault: bool = False
    ) -> Ended:
        """Return the attempt's last event, with what was logged since and the artifacts."""
        try:
            artifacts = read_folder(self.artifacts)
        except (OSError, MemoryError):  # removed under way, or too much
            artifacts = {}
        return Ended(
            self.number,
            how,  # type: ignore[arg-type]
            reason,
            trace,
            self._flushed(),
            artifacts,
            self._place,
            device_fault,
            device_memory.peak(),
        )

    def close(self) -> None:
        """Remove the trial's folder."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _exchange(self, event: Event) -> Decision:
        self.events.put(event)
        return self.decisions.get()

    def _flushed(self) -> tuple[Measurement, ...]:
        pending, self._pending = tuple(self._pending), []
        return pending

    def _packed(self, save: Callable[[Path], None]) -> Mapping[str, bytes]:
        folder = _made(self._folder / "save")
        try:
            save(folder)
            return read_folder(folder)
        finally:
            shutil.rmtree(folder)

    def _unpacked(self, files: Mapping[str, bytes]) -> Path | None:
        if not files:
            return None
        write_folder(self._folder / "checkpoint", files)
        return self._folder / "checkpoint"


def _is_of_device(reason: str) -> bool:
    """Return whether CUDA is at fault: out of memory, or an error after which it stays broken.

    By name and words, since torch is not imported here; other frameworks say the same words.
    """
    return any(sign in reason for sign in DEVICE_FAULTS)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _whole(step: object) -> int:
    """Return a step as an int; raise where it is not one (a NumPy integer is)."""
    if isinstance(step, bool) or not hasattr(step, "__index__"):
        raise TypeError(f"report: a step is a whole number from 0, not {step!r}")
    whole = step.__index__()
    if whole < 0:
        raise ValueError(f"report: a step is a whole number from 0, not {whole}")
    return int(whole)


def _numbers(metrics: Mapping[str, float]) -> dict[str, float]:
    """Return metrics as plain floats; raise where one is not a number (a 0-d tensor is one)."""
    numbers = {}
    for name, value in metrics.items():
        try:
            if isinstance(value, str | bytes):
                raise TypeError
            numbers[str(name)] = float(value)
        except (TypeError, ValueError):
            raise TypeError(f"report: metric `{name}` is {value!r}, not a number") from None
    return numbers
