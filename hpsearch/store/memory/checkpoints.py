"""Checkpoints and artifacts in memory, hashed as those on disk are."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from hpsearch.common.checkpoints import Checkpoint
from hpsearch.common.files import inside
from hpsearch.common.trial import Measurement
from hpsearch.store import documents
from hpsearch.store.manifest import pack, unpack
from hpsearch.store.memory.files import MemoryFiles


class MemoryCheckpoints:
    """See `Checkpoints`."""

    def __init__(self, files: MemoryFiles, root: str) -> None:
        self._files = files
        self._root = root

    def save(self, number: int, measurement: Measurement, files: Mapping[str, bytes]) -> None:
        """Keep a checkpoint of the measurement's step."""
        packed = pack(measurement, checked(files))
        self._files.write_folder(self._folder(number, measurement.step), packed)

    def latest(self, number: int) -> Checkpoint | None:
        """Return the trial's newest checkpoint that is undamaged, or None."""
        found = (self.read(number, step) for step in reversed(self.steps(number)))
        return next((checkpoint for checkpoint in found if checkpoint is not None), None)

    def read(self, number: int, step: int) -> Checkpoint | None:
        """Return the checkpoint of that step, or None; a damaged one is quarantined."""
        files = self._files.read_folder(self._folder(number, step))
        try:
            return unpack(files) if files else None
        except (ValueError, KeyError, TypeError):
            self.quarantine(number, step)
            return None

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

    def size(self, number: int) -> int:
        """Return the bytes of the trial's checkpoints, without those that are quarantined."""
        return sum(self._files.size(self._folder(number, step)) for step in self.steps(number))

    def _folder(self, number: int, step: int) -> str:
        return f"{self._root}/{documents.checkpoint(number, step)}"


class MemoryArtifacts:
    """See `Artifacts`."""

    def __init__(self, files: MemoryFiles, root: str) -> None:
        self._files = files
        self._root = root

    def save(self, number: int, files: Mapping[str, bytes]) -> None:
        """Keep a trial's files and replace earlier ones."""
        if files:
            folder = f"{self._root}/{documents.artifacts(number)}"
            self._files.write_folder(folder, checked(files))

    def folder(self, number: int) -> AbstractContextManager[Path | None]:
        """Give a temporary folder with the files."""
        return self._files.on_disk(f"{self._root}/{documents.artifacts(number)}", "artifacts")


def checked(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files by plain names; raise ValueError if one leads out of its folder."""
    return {str(inside(name)): data for name, data in files.items()}
