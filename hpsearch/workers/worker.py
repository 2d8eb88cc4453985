"""A warm process's part: runs one attempt after another and waits at each report for the answer.

The trainable runs in the thread that calls `run`, the process's main thread if possible; nothing of
it is alive when `run` returns. Imports neither ray nor torch.
"""

import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from hpsearch.common.checkpoints import TrialFiles
from hpsearch.common.errors import Fault, UserError
from hpsearch.common.garbage import uncollected
from hpsearch.engine import Ended, Task
from hpsearch.trainable import (
    Program,
    Trainable,
    compare,
    from_program,
    load_trainable,
    no_arguments,
)
from hpsearch.workers import device_memory
from hpsearch.workers.attempt_end import end_of, not_begun
from hpsearch.workers.handover import Handover, Tell
from hpsearch.workers.open_runs import OpenRuns, Status
from hpsearch.workers.output import Capture, Output, capture_import
from hpsearch.workers.process_state import ProcessState, call_in_own_context
from hpsearch.workers.restore import restore
from hpsearch.workers.setup import WorkerSetup
from hpsearch.workers.shipped import ShippedTrainable
from hpsearch.workers.trial import CHECKPOINT, Exchange, WorkerTrial
from hpsearch.workers.variables import set_variables

STATUS: dict[str, Status] = {
    "returned": "FINISHED",
    "infeasible": "FINISHED",
    "stopped": "KILLED",
}
"""What MLflow calls the end of a run that an attempt left open."""


class Worker:
    """Runs attempts, one at a time."""

    own_process = False
    """Whether the process does nothing but run attempts."""

    fatal: tuple[type[BaseException], ...] = ()
    """Exceptions that end the whole process or search, not only the attempt."""

    def __init__(self, setup: WorkerSetup, output: Output | None = None) -> None:
        self._setup = setup
        self._output = output or Output(live=2 if setup.verbose else None)
        self._trainable: Trainable | None = None
        self._temporary: Path | None = None
        self._code = ""

    def load(self) -> None:
        """Import the trainable; raises UserError if it is broken or does not take what is given."""
        try:
            self._load()
        except UserError as error:
            lacks = [self._lack(fault.why) for fault in error.faults]
            found = [lack or fault for lack, fault in zip(lacks, error.faults, strict=True)]
            raise UserError(*found) from None

    def _lack(self, text: str) -> Fault | None:
        """Return what an error's text says that this machine of a cluster lacks, if it does."""
        copy = self._setup.copy
        return None if copy is None else copy.lack(text)

    def _load(self) -> None:
        os.environ.setdefault("OMP_NUM_THREADS", str(self._setup.threads))
        with capture_import(self._output, self._setup.logs), uncollected():
            trainable = self._import()
        given = self._setup.given
        found = compare(given, trainable.signature) if given is not None else []
        if found:
            raise UserError(*found)
        self._trainable, self._code = trainable, trainable.version

    def _import(self) -> Trainable:
        given = self._setup.trainable
        if given is None:
            return load_trainable(self._setup.reference, self._setup.folder)
        if isinstance(given, Program):
            return from_program(given, self._setup.folder)
        return given.unpack() if isinstance(given, ShippedTrainable) else given

    def run(self, task: Task, exchange: Exchange, tell: Tell) -> Ended:
        """Run an attempt to its end, however it ends; delete and end what it leaves behind."""
        if self._trainable is None:
            self.load()
        with self._output.attempt(task.log) as capture:
            ended = self._isolated(task, exchange, tell=tell, capture=capture)
        return replace(ended, output=capture.content())

    def reach(self, files: TrialFiles) -> TrialFiles:
        """Return a trial's files as this worker reaches them."""
        return files

    def _isolated(self, task: Task, exchange: Exchange, *, tell: Tell, capture: Capture) -> Ended:
        """Run an attempt in a folder of its own, and restore what was there before."""
        state = ProcessState(own_process=self.own_process)
        try:
            prefix = f"hpsearch-{task.number}-"
            folder = Path(tempfile.mkdtemp(prefix=prefix, dir=self._temporary))
        except OSError as error:
            return not_begun(task, error, self._temporary or Path(tempfile.gettempdir()))
        device_memory.begin()
        try:
            with set_variables(task.environment):
                ended = self._attempt(task, folder, exchange=exchange, tell=tell, capture=capture)
        finally:
            threads = state.restore()
            shutil.rmtree(folder, ignore_errors=True)
            device_memory.release()
        return replace(ended, threads=threads)

    def _attempt(
        self, task: Task, folder: Path, *, exchange: Exchange, tell: Tell, capture: Capture
    ) -> Ended:
        """Run the trainable; when this returns, no frame refers to what it made."""
        process, runs = os.getpid(), OpenRuns()
        try:
            trial = self._trial(task, folder, exchange=exchange, tell=tell, capture=capture)
        except OSError as error:
            return not_begun(task, error, folder)
        ended = self._train(trial, task, folder)
        if os.getpid() != process:
            os._exit(0)  # a child that the trainable forked ends here
        runs.end(STATUS.get(ended.how, "FAILED"))
        trial.forget_stops()
        return ended

    def _trial(
        self, task: Task, folder: Path, *, exchange: Exchange, tell: Tell, capture: Capture
    ) -> WorkerTrial:
        """Return what the trainable is given; raises OSError if its files cannot be had."""
        files, resumed = self.reach(task.files), None
        if task.checkpoints:
            restored, resumed = restore(task, files, folder / CHECKPOINT)
            tell(restored)
        if resumed is None and task.origin is not None and task.origin.parent is not None:
            raise OSError(f"no undamaged checkpoint to start {task.origin} is there")
        return WorkerTrial(
            task,
            self._setup,
            folder,
            exchange=exchange,
            handover=Handover(task, files, tell),
            output=capture,
            resumed=resumed,
            code=self._code,
        )

    def _train(self, trial: WorkerTrial, task: Task, folder: Path) -> Ended:
        """Call the trainable, and return how that ended."""
        trainable = self._trainable
        assert trainable is not None  # noqa: S101 (`run` loaded it)
        try:
            with no_arguments(trainable.file):
                params = trainable.make_params(task.params)
                result = call_in_own_context(trainable.train, params, trial)
            return trial.ended("returned", trial.note_result(result))
        except self.fatal:
            raise
        except BaseException as error:
            return end_of(trial, error, folder, self._lack)
