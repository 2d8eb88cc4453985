"""Gives an attempt a copy of the newest checkpoint that is what was written."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from hpsearch.common.checkpoints import StoredCheckpoint, TrialFiles
from hpsearch.common.chunks import Chunk, Digest, hashed, write_chunks
from hpsearch.common.files import inside
from hpsearch.engine import Restored, Task


class _Damaged(Exception):
    """A checkpoint cannot be read, or is not what was written."""


def restore(
    task: Task, files: TrialFiles, folder: Path
) -> tuple[Restored, StoredCheckpoint | None]:
    """Copy the newest undamaged checkpoint into a new folder; return what the driver must know.

    Raises OSError if this machine has no room, or the driver is gone.
    """
    damaged: list[int] = []
    for checkpoint in task.checkpoints:
        try:
            _copy(files, checkpoint, folder)
        except (_Damaged, ValueError):  # or a name leads out of the folder
            if not checkpoint.inherited:
                damaged.append(checkpoint.step)
            shutil.rmtree(folder, ignore_errors=True)
        else:
            return Restored(task.number, checkpoint.step, tuple(damaged)), checkpoint
    return Restored(task.number, None, tuple(damaged)), None


def _copy(files: TrialFiles, checkpoint: StoredCheckpoint, folder: Path) -> None:
    folder.mkdir()
    for name, expected in checkpoint.sha256.items():
        digest = Digest()
        chunks = hashed(_read(files, checkpoint.reference, name), digest)
        write_chunks(folder / inside(name), chunks, durably=False)
        if digest.sha256 != expected:
            raise _Damaged


def _read(files: TrialFiles, reference: str, name: str) -> Iterator[Chunk]:
    try:
        yield from files.read(reference, name)
    except ConnectionError:
        raise
    except (OSError, ValueError):
        raise _Damaged from None
