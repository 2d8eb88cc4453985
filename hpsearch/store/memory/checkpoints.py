"""Checkpoints and artifacts in memory, hashed as those on disk are."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from hpsearch.common.checkpoints import (
    NoFiles,
    Stored,
    StoredCheckpoint,
    StoredFile,
)
from hpsearch.common.chunks import Chunk
from hpsearch.common.files import inside
from hpsearch.common.trial import Measurement
from hpsearch.store import documents
from hpsearch.store.manifest import DAMAGED, check_stored, is_whole, manifest, read_manifest
from hpsearch.store.memory.files import MemoryFiles


class MemoryCheckpoints:
    """See `Checkpoints`."""

    def __init__(self, files: MemoryFiles, root: str) -> None:
        self._files = files
        self._root = root

    def files(self, number: int) -> "MemoryTrialFiles":
        """Return where a worker of this process puts and finds the trial's files."""
        incoming, kept = documents.incoming(number), documents.checkpoints(number)
        return MemoryTrialFiles(self._files, f"{self._root}/{incoming}", f"{self._root}/{kept}")

    def commit(self, number: int, measurement: Measurement, stored: Stored) -> None:
        """Make stored files a checkpoint."""
        folder = _checked(self._files, self._root, number, stored)
        self._files.write(f"{folder}/{documents.MANIFEST}", manifest(measurement, stored))
        self._files.rename(folder, self._folder(number, measurement.step))

    def sweep(self, number: int | None = None) -> None:
        """Drop what was not committed."""
        trials = self._files.names(f"{self._root}/{documents.TRIALS}") if number is None else ()
        for one in [number] if number is not None else map(int, trials):
            self._files.remove(f"{self._root}/{documents.incoming(one)}")

    def resumable(self, number: int) -> list[StoredCheckpoint]:
        """Return the trial's checkpoints, the newest first."""
        found = [self._described(number, step) for step in reversed(self.steps(number))]
        return [checkpoint for checkpoint in found if checkpoint is not None]

    @contextmanager
    def folder(self, number: int, step: int) -> Iterator[Path | None]:
        """Give a temporary folder with the checkpoint; a damaged one is quarantined."""
        with self._files.on_disk(self._folder(number, step), "checkpoint") as folder:
            if folder is None or is_whole(folder):
                yield folder
            else:
                self.quarantine(number, step)
                yield None

    def quarantine(self, number: int, step: int) -> None:
        """Rename a checkpoint to `.bad`: it is never read again, and not lost."""
        folder = self._folder(number, step)
        self._files.rename(folder, f"{folder}.bad")

    def steps(self, number: int) -> list[int]:
        """Return the steps of which the trial has a checkpoint, ascending."""
        folder = f"{self._root}/{documents.checkpoints(number)}"
        steps = map(documents.step_of, self._files.names(folder))
        return sorted(step for step in steps if step is not None)

    def clean(self, number: int, *, keep: frozenset[int]) -> None:
        """Drop the trial's checkpoints but those of the steps in `keep`."""
        for step in self.steps(number):
            if step not in keep:
                self._files.remove(self._folder(number, step))

    def sizes(self, number: int) -> dict[int, int]:
        """Return the bytes of the trial's checkpoints by step."""
        steps = self.steps(number)
        return {step: self._files.size(self._folder(number, step)) for step in steps}

    def _described(self, number: int, step: int) -> StoredCheckpoint | None:
        data = self._files.read(f"{self._folder(number, step)}/{documents.MANIFEST}") or b""
        try:
            return read_manifest(data, documents.checkpoint_name(step))
        except DAMAGED:
            self.quarantine(number, step)
            return None

    def _folder(self, number: int, step: int) -> str:
        return f"{self._root}/{documents.checkpoint(number, step)}"


class MemoryArtifacts:
    """See `Artifacts`."""

    def __init__(self, files: MemoryFiles, root: str) -> None:
        self._files = files
        self._root = root

    def commit(self, number: int, stored: Stored) -> None:
        """Make stored files the trial's artifacts, in place of earlier ones."""
        folder = _checked(self._files, self._root, number, stored)
        self._files.rename(folder, f"{self._root}/{documents.artifacts(number)}")

    def folder(self, number: int) -> AbstractContextManager[Path | None]:
        """Give a temporary folder with the files."""
        return self._files.on_disk(f"{self._root}/{documents.artifacts(number)}", "artifacts")


class MemoryTrialFiles:
    """See `TrialFiles`; another process, which gets it pickled, does not reach the files."""

    def __init__(self, files: MemoryFiles, incoming: str, kept: str) -> None:
        self._files = files
        self._incoming = incoming
        self._kept = kept

    def __reduce__(self) -> tuple[type[NoFiles], tuple[()]]:
        return NoFiles, ()

    def is_reachable(self) -> bool:
        return True

    def put(self, reference: str, name: str, file: Path) -> StoredFile:
        data = file.read_bytes()
        self.write(reference, name, [data])
        return StoredFile(len(data), hashlib.sha256(data).hexdigest())

    def write(self, reference: str, name: str, chunks: Iterable[Chunk]) -> None:
        path = f"{self._incoming}/{inside(reference)}/{inside(name)}"
        self._files.write(path, b"".join(map(bytes, chunks)))

    def read(self, reference: str, name: str) -> Iterator[Chunk]:
        data = self._files.read(f"{self._kept}/{inside(reference)}/{inside(name)}")
        if data is None:
            raise FileNotFoundError(name)
        yield data

    def discard(self, reference: str) -> None:
        self._files.remove(f"{self._incoming}/{inside(reference)}")


def _checked(files: MemoryFiles, root: str, number: int, stored: Stored) -> str:
    """Return the folder of stored files; if one is missing, drop them and raise OSError."""
    folder = f"{root}/{documents.incoming(number)}/{inside(stored.reference)}"
    found = files.read_folder(folder)
    try:
        check_stored(stored, {name: len(data) for name, data in found.items()})
    except OSError:
        files.remove(folder)
        raise
    return folder
