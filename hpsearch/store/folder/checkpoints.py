"""Checkpoints on disk: written to a temporary folder, flushed, then renamed; the manifest last.

One that is torn or altered is quarantined with the suffix `.bad`, and the one before it is used.
"""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from hpsearch.common.checkpoints import Checkpoint
from hpsearch.common.files import read_folder, write_folder
from hpsearch.common.trial import Measurement
from hpsearch.store.documents import step_of
from hpsearch.store.folder.layout import Layout
from hpsearch.store.manifest import pack, unpack


class FolderCheckpoints:
    """See `Checkpoints`."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def save(self, number: int, measurement: Measurement, files: Mapping[str, bytes]) -> None:
        """Keep a checkpoint of the measurement's step; raises OSError if the disk refuses."""
        folder = self._layout.checkpoint(number, measurement.step)
        write_folder(folder, pack(measurement, files))

    def latest(self, number: int) -> Checkpoint | None:
        """Return the trial's newest checkpoint that is undamaged, or None."""
        found = (self.read(number, step) for step in reversed(self.steps(number)))
        return next((checkpoint for checkpoint in found if checkpoint is not None), None)

    def read(self, number: int, step: int) -> Checkpoint | None:
        """Return the checkpoint of that step, or None; a damaged one is quarantined."""
        folder = self._layout.checkpoint(number, step)
        if not folder.is_dir():
            return None
        try:
            return unpack(read_folder(folder))
        except (OSError, ValueError, KeyError, TypeError):
            self.quarantine(number, step)
            return None

    def quarantine(self, number: int, step: int) -> None:
        """Rename a checkpoint to `.bad`: it is never read again, and not lost."""
        folder = self._layout.checkpoint(number, step)
        shutil.rmtree(bad := folder.with_suffix(".bad"), ignore_errors=True)
        with suppress(OSError):  # a read-only folder
            folder.rename(bad)

    def steps(self, number: int) -> list[int]:
        """Return the steps of which the trial has a checkpoint, ascending."""
        folders = self._layout.checkpoints(number).glob("*")
        steps = [step_of(folder.name) for folder in folders]
        return sorted(step for step in steps if step is not None)

    def clean(self, number: int, *, keep: frozenset[int]) -> None:
        """Drop the trial's checkpoints but those of the steps in `keep`."""
        for step in self.steps(number):
            if step not in keep:
                shutil.rmtree(self._layout.checkpoint(number, step))

    def size(self, number: int) -> int:
        """Return the bytes of the trial's checkpoints, without those that are quarantined."""
        folders = [self._layout.checkpoint(number, step) for step in self.steps(number)]
        files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
        return sum(file.stat().st_size for file in files)


class FolderArtifacts:
    """See `Artifacts`."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def save(self, number: int, files: Mapping[str, bytes]) -> None:
        """Keep a trial's files and replace earlier ones; raises OSError."""
        if files:
            write_folder(self._layout.artifacts(number), files)

    @contextmanager
    def folder(self, number: int) -> Iterator[Path | None]:
        """Give the folder itself."""
        folder = self._layout.artifacts(number)
        yield folder if folder.is_dir() else None
