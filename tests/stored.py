"""Saves a trial's files as a worker and its driver do, and reads them as a worker does."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hpsearch.common.checkpoints import (
    Artifacts,
    Checkpoints,
    Stored,
    TrialFiles,
)
from hpsearch.common.files import read_folder, write_folder
from hpsearch.common.trial import Measurement
from hpsearch.engine import Task
from hpsearch.store.documents import MANIFEST
from hpsearch.workers.handover import put_folder
from hpsearch.workers.restore import restore


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that was read back and whose hashes hold.

    `seconds` is the time of training that is in it; only the trainable understands its files.
    """

    step: int
    seconds: float
    files: Mapping[str, bytes]


def put(files: TrialFiles, content: Mapping[str, bytes], reference: str = "1/1") -> Stored:
    """Put files into the store, where they are nothing yet."""
    with tempfile.TemporaryDirectory() as folder:
        write_folder(Path(folder, "save"), content)
        stored = put_folder(files, reference, Path(folder, "save"))
    if stored.problem:
        raise OSError(stored.problem)
    return stored


def save(
    store: Checkpoints, number: int, measurement: Measurement, content: Mapping[str, bytes]
) -> None:
    """Make files a checkpoint of the measurement's step."""
    store.commit(number, measurement, put(store.files(number), content))


def save_artifacts(
    store: Artifacts, checkpoints: Checkpoints, number: int, content: Mapping[str, bytes]
) -> None:
    """Make files the artifacts of a trial."""
    store.commit(number, put(checkpoints.files(number), content, "1/artifacts"))


def content(store: Checkpoints, number: int, step: int) -> Mapping[str, bytes] | None:
    """Return the files of a checkpoint, without the manifest; None if there is none."""
    with store.folder(number, step) as folder:
        files = {} if folder is None else read_folder(folder)
        return files if files.pop(MANIFEST, None) is not None else None


def latest(store: Checkpoints, number: int) -> Checkpoint | None:
    """Return what another attempt of the trial resumes from; what is damaged is quarantined."""
    files = store.files(number)
    task = Task(number, 2, 0, {}, files, store.resumable(number))
    with tempfile.TemporaryDirectory() as folder:
        restored, found = restore(task, files, Path(folder, "checkpoint"))
        for step in restored.damaged:
            store.quarantine(number, step)
        if found is None:
            return None
        return Checkpoint(found.step, found.seconds, read_folder(Path(folder, "checkpoint")))
