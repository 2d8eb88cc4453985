"""A warm process's part: runs one attempt after another and stands still at each report.

The trainable runs in the thread that calls `run`, which is the process's main thread where that can
be; nothing of it is alive when `run` returns. Imports neither ray nor torch.
"""

import os
import shutil
import socket
import tempfile
import time
import traceback
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from hpsearch.common.decision import Decision, TrialStopped
from hpsearch.common.errors import UserError
from hpsearch.common.files import read_folder, write_folder
from hpsearch.common.trial import Measurement, Place, Source
from hpsearch.engine.ports import RETURNED, Ended, Reported, Saved, Task
from hpsearch.trainable import Given, Trainable, compare, load_trainable
from hpsearch.workers import device_memory
from hpsearch.workers.output import Kept, Output, load_kept
from hpsearch.workers.shipped import ShippedTrainable
from hpsearch.workers.surroundings import Surroundings, call_apart, forget_frames

LARGEST_STEP = 2**63 - 1
"""What MLflow and every database under it can hold."""

DEVICE_FAULTS = ("OutOfMemoryError", "CUDA error", "CUDA out of memory", "CUDNN_STATUS")


@dataclass(frozen=True)
class WorkerSetup:
    """What a worker needs to know once. `folder` is the experiment's, as this worker sees it.

    `logs` is the study's folder for what is printed, if the worker sees it; `verbose` shows it.
    `given` are the experiment's hyperparameters, which the trainable must take; None: not checked.
    `study` is its name.
    `trainable` is one that Python code gave; None: it is imported by its `reference`.
    """

    reference: str
    folder: Path
    device: str
    threads: int
    logs: str = ""
    verbose: bool = False
    given: Given | None = None
    study: str = ""
    trainable: Trainable | ShippedTrainable | None = None


Exchange = Callable[[Reported | Saved], Decision]
"""Takes an event to the driver and returns its answer."""


class Worker:
    """Runs attempts, one at a time."""

    own_process = False
    """Whether the process serves attempts alone."""

    passing: tuple[type[BaseException], ...] = ()
    """What ends the process, or what drives it, and not only the attempt."""

    def __init__(self, setup: WorkerSetup, output: Output | None = None) -> None:
        self._setup = setup
        self._output = output or Output(live=2 if setup.verbose else None)
        self._trainable: Trainable | None = None
        self._temporary: Path | None = None

    def load(self) -> None:
        """Import the trainable; raises UserError if it is broken or does not take what is given."""
        os.environ.setdefault("OMP_NUM_THREADS", str(self._setup.threads))
        with load_kept(self._output, self._setup.logs):
            trainable = self._found()
        given = self._setup.given
        found = compare(given, trainable.signature) if given is not None else []
        if found:
            raise UserError(*found)
        self._trainable = trainable

    def _found(self) -> Trainable:
        given = self._setup.trainable
        if given is None:
            return load_trainable(self._setup.reference, self._setup.folder)
        return given.unpack() if isinstance(given, ShippedTrainable) else given

    def run(self, task: Task, exchange: Exchange) -> Ended:
        """Run an attempt to its end, whatever that is; what it leaves is ended and removed."""
        if self._trainable is None:
            self.load()
        with self._output.attempt(task.log) as kept:
            ended = self._surrounded(task, exchange, kept)
        return replace(ended, output=kept.content())

    def _surrounded(self, task: Task, exchange: Exchange, kept: Kept) -> Ended:
        """Run an attempt in a folder of its own, and restore what was there before."""
        surroundings = Surroundings(own_process=self.own_process)
        try:
            prefix = f"hpsearch-{task.number}-"
            folder = Path(tempfile.mkdtemp(prefix=prefix, dir=self._temporary))
        except OSError as error:  # no room for temporary files
            return Ended(task.number, "raised", f"{type(error).__name__}: {error}")
        device_memory.begin()
        try:
            ended = self._attempt(task, folder, exchange=exchange, kept=kept)
        finally:
            threads = surroundings.restore()
            shutil.rmtree(folder, ignore_errors=True)
            device_memory.release()
        return replace(ended, threads=threads)

    def _attempt(self, task: Task, folder: Path, *, exchange: Exchange, kept: Kept) -> Ended:
        """Call the trainable; when this returns, no frame refers to what it made."""
        assert self._trainable is not None  # noqa: S101 (`run` loaded it)
        process = os.getpid()
        try:
            trial = _WorkerTrial(task, self._setup, folder, exchange=exchange, kept=kept)
        except OSError as error:
            return Ended(task.number, "raised", f"{type(error).__name__}: {error}")
        try:
            params = self._trainable.make_params(task.params)
            trial.note_result(call_apart(self._trainable.train, params, trial))
            ended = trial.ended("returned")
        except self.passing:
            raise
        except TrialStopped as stop:
            ended = trial.ended("stopped", str(stop))
        except BaseException as error:
            reason = traceback.format_exception_only(error)[-1].strip()
            ended = trial.ended("raised", reason, traceback.format_exc(), _is_of_device(reason))
            forget_frames(error)
        if os.getpid() != process:
            os._exit(0)  # a child that the trainable forked has come to its end here
        trial.forget_stops()
        return ended


class _WorkerTrial:
    """The `Trial` that the trainable is given: its reports become events, decisions come back."""

    def __init__(
        self, task: Task, setup: WorkerSetup, folder: Path, *, exchange: Exchange, kept: Kept
    ) -> None:
        self.number = task.number
        self.study = setup.study
        self.start_step = task.start_step
        self.seed = task.seed
        self.device = setup.device
        self.threads = setup.threads
        self._folder = folder
        self._exchange = exchange
        self._kept = kept
        self.artifacts = _made(self._folder / "artifacts")
        self.scratch = _made(self._folder / "scratch")
        self.checkpoint = self._unpacked(task.files)
        self._place = Place(socket.gethostname(), os.getpid(), setup.device)
        self._pending: list[Measurement] = []
        self._last_step = -1
        self._earlier_seconds = task.seconds
        self._begun = time.monotonic()
        self._stop_reason: str | None = None
        self._stops: weakref.WeakSet[TrialStopped] = weakref.WeakSet()

    @property
    def output(self) -> str:
        """See `Trial.output`."""
        return self._kept.tail_so_far()

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
        if step <= self._last_step:
            raise ValueError(f"report: step {step} does not follow step {self._last_step}")
        self._measure(_whole(step), _numbers(metrics), "reported")
        self._last_step = step
        new, savable = self._flushed(), checkpoint is not None
        decision = self._exchange(Reported(self.number, new, savable=savable, place=self._place))
        if decision.save and checkpoint is not None:
            self._exchange(Saved(self.number, new[-1], self._packed(checkpoint)))
        if decision.stop:
            self._stop_reason = decision.reason
            raise self._stop()

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """See `Trial.log`."""
        self._measure(_whole(step), _numbers(metrics), "logged")

    def note_result(self, returned: object) -> None:
        """Take a number, or the numbers of a mapping, as what the trainable came to."""
        if isinstance(returned, Mapping):
            found = {str(k): float(v) for k, v in returned.items() if _is_number(v)}
        else:
            found = {RETURNED: float(returned)} if _is_number(returned) else {}  # type: ignore[arg-type]
        if found:
            self._measure(0, found, "returned")  # its step is for the driver to say

    def _measure(self, step: int, metrics: Mapping[str, float], source: Source) -> None:
        seconds = round(self._earlier_seconds + time.monotonic() - self._begun, 3)
        self._pending.append(Measurement(step, metrics, seconds, source))

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

    def forget_stops(self) -> None:
        """Drop what the stops hold that the trainable caught and kept."""
        for stop in list(self._stops):
            forget_frames(stop)

    def _stop(self) -> TrialStopped:
        """Return a new exception each time: one that is raised again holds all earlier frames."""
        stop = TrialStopped(self._stop_reason)
        self._stops.add(stop)
        return stop

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
    if not 0 <= whole <= LARGEST_STEP:
        raise ValueError(f"report: a step is a whole number from 0 to 2**63 - 1, not {whole}")
    return int(whole)


def _is_number(value: object) -> bool:
    """Return whether a value is one number: not a word or a truth, but also a 0-d tensor."""
    is_bool = isinstance(value, bool) or str(getattr(value, "dtype", "")).endswith("bool")
    return hasattr(value, "__float__") and getattr(value, "ndim", 0) == 0 and not is_bool


def _numbers(metrics: Mapping[str, float]) -> dict[str, float]:
    """Return metrics as plain floats; raise where one is not a number (a 0-d tensor is one)."""
    found = {}
    for name, value in metrics.items():
        try:
            if isinstance(value, str | bytes):
                raise TypeError
            found[str(name)] = float(value)
        except OverflowError:
            raise ValueError(f"report: metric `{name}` is larger than a float can be") from None
        except (TypeError, ValueError):
            raise TypeError(f"report: metric `{name}` is {value!r}, not a number") from None
    return found
