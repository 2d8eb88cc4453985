"""Checkpoints on disk: workers put the files into `incoming`, the driver writes the manifest there.

Then it renames the folder, which makes it a checkpoint. One that is torn or altered is quarantined
with the suffix `.bad`, and the one before it is used.
"""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hpsearch.common.checkpoints import Stored, StoredCheckpoint
from hpsearch.common.chunks import write_chunks
from hpsearch.common.files import (
    folder_size,
    inside,
    put_in_place,
    remove_folder,
    write_file,
)
from hpsearch.common.trial import Measurement
from hpsearch.store.documents import MANIFEST, step_of
from hpsearch.store.folder.layout import Layout
from hpsearch.store.folder.trial_files import FolderTrialFiles
from hpsearch.store.manifest import DAMAGED, check_stored, is_whole, manifest, read_manifest


class FolderCheckpoints:
    """See `Checkpoints`."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._word = ""

    def files(self, number: int) -> FolderTrialFiles:
        """Return where a worker puts and finds the trial's files; writes the probe once.

        If that fails, workers send their files to the driver, and hear from it why.
        """
        probe = self._layout.probe.absolute()
        if not self._word:
            self._word = secrets.token_hex()
            with suppress(OSError):
                probe.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                write_file(probe, self._word.encode())
        incoming, kept = self._layout.incoming(number), self._layout.checkpoints(number)
        return FolderTrialFiles(incoming.absolute(), kept.absolute(), probe, self._word)

    def commit(self, number: int, measurement: Measurement, stored: Stored) -> None:
        """Make stored files a checkpoint; if that fails, they are gone."""
        with _incoming(self._layout, number, stored) as folder:
            write_chunks(folder / MANIFEST, [manifest(measurement, stored)])
            put_in_place(folder, self._layout.checkpoint(number, measurement.step))

    def sweep(self, number: int | None = None) -> None:
        """Drop what was not committed, and the rest of deletions that a kill cut short."""
        if number is not None:
            with suppress(OSError):  # there is none
                remove_folder(self._layout.incoming(number))
            return
        for pattern in ("*/incoming", "*/.*.removed", "*/checkpoints/.*"):
            for folder in self._layout.trials.glob(pattern):
                shutil.rmtree(folder, ignore_errors=True)

    def resumable(self, number: int) -> list[StoredCheckpoint]:
        """Return the trial's checkpoints, the newest first."""
        found = [self._described(number, step) for step in reversed(self.steps(number))]
        return [checkpoint for checkpoint in found if checkpoint is not None]

    @contextmanager
    def folder(self, number: int, step: int) -> Iterator[Path | None]:
        """Give the folder itself, if it is whole; a damaged one is quarantined."""
        folder = self._layout.checkpoint(number, step)
        if not folder.is_dir():
            yield None
        elif is_whole(folder):
            yield folder
        else:
            self.quarantine(number, step)
            yield None

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
                remove_folder(self._layout.checkpoint(number, step))

    def sizes(self, number: int) -> dict[int, int]:
        """Return the bytes of the trial's checkpoints by step."""
        folders = {step: self._layout.checkpoint(number, step) for step in self.steps(number)}
        return {step: folder_size(folder) for step, folder in folders.items()}

    def _described(self, number: int, step: int) -> StoredCheckpoint | None:
        folder = self._layout.checkpoint(number, step)
        try:
            return read_manifest((folder / MANIFEST).read_bytes(), folder.name)
        except DAMAGED:
            self.quarantine(number, step)
            return None


class FolderArtifacts:
    """See `Artifacts`."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def commit(self, number: int, stored: Stored) -> None:
        """Make stored files the trial's artifacts; if that fails, they are gone."""
        with _incoming(self._layout, number, stored) as folder:
            put_in_place(folder, self._layout.artifacts(number))

    @contextmanager
    def folder(self, number: int) -> Iterator[Path | None]:
        """Give the folder itself."""
        folder = self._layout.artifacts(number)
        yield folder if folder.is_dir() else None


@contextmanager
def _incoming(layout: Layout, number: int, stored: Stored) -> Iterator[Path]:
    """Give the folder of stored files that are all whole; drop it if what is done there fails."""
    folder = layout.incoming(number) / inside(stored.reference)
    try:
        sizes = {name: (folder / inside(name)).stat().st_size for name in stored.files}
        check_stored(stored, sizes)
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
