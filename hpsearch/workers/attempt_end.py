"""How an attempt ended, by what its trainable raised."""

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from hpsearch.common.decision import Infeasible, TrialStopped
from hpsearch.common.errors import Fault
from hpsearch.engine import Ended, Task
from hpsearch.trainable import CommandFailed, training_traceback
from hpsearch.workers.device_faults import is_device_fault
from hpsearch.workers.disk_faults import is_disk_fault
from hpsearch.workers.frames import forget_frames
from hpsearch.workers.trial import WorkerTrial
from hpsearch.workers.upload.copies import text_of

Lack = Callable[[str], Fault | None]
"""Returns what an error's text says that this machine of a cluster lacks, if it does."""


def not_begun(task: Task, error: OSError, folder: Path) -> Ended:
    """Return the end of an attempt that had no files to begin with."""
    return Ended(task.number, _how(error, folder), f"{type(error).__name__}: {error}")


def end_of(trial: WorkerTrial, error: BaseException, folder: Path, lack: Lack) -> Ended:
    """Return the end of a trial whose trainable raised; no frame refers to what it made then."""
    if isinstance(error, TrialStopped):
        return trial.ended("stopped", str(error))  # the trial itself forgets its stops
    if isinstance(error, CommandFailed):
        how, reason = "crashed" if error.crashed else "raised", error.reason
        told = _reason(reason, lack(reason))
        return trial.ended(how, told, error.output, is_device_fault(reason))
    ended = _raised(trial, error, folder, lack)
    forget_frames(error)
    return ended


def _raised(trial: WorkerTrial, error: BaseException, folder: Path, lack: Lack) -> Ended:
    if isinstance(error, Infeasible):
        return trial.ended("infeasible", str(error) or "the trainable raised Infeasible")
    reason = traceback.format_exception_only(error)[-1].strip()
    told, trace = _reason(reason, lack(text_of(error))), training_traceback(error)
    return trial.ended(_how(error, folder), told, trace, is_device_fault(reason))


def _reason(reason: str, lack: Fault | None) -> str:
    """Return why an attempt failed: what its machine lacks comes first."""
    return reason if lack is None else f"{lack.what} {reason}"


def _how(error: BaseException, folder: Path) -> Literal["crashed", "raised"]:
    """Return whether the machine is to blame for an error, or the trial."""
    return "crashed" if is_disk_fault(error, folder) else "raised"
