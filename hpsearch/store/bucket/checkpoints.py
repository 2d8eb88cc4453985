"""Checkpoints and artifacts in a bucket: the manifest is written last, and makes it one."""

from collections import defaultdict
from contextlib import AbstractContextManager
from pathlib import Path

from hpsearch.common.checkpoints import Checkpoint, Stored, StoredCheckpoint
from hpsearch.common.files import inside
from hpsearch.common.trial import Measurement
from hpsearch.store import documents
from hpsearch.store.bucket.files import BucketFiles
from hpsearch.store.bucket.trial_files import BucketTrialFiles
from hpsearch.store.documents import MANIFEST
from hpsearch.store.manifest import DAMAGED, check_stored, manifest, read_manifest, unpack


class BucketCheckpoints:
    """See `Checkpoints`."""

    def __init__(self, files: BucketFiles, root: str) -> None:
        self._files = files
        self._root = root

    def files(self, number: int) -> BucketTrialFiles:
        """Return where a worker puts and finds the trial's files."""
        incoming, kept = documents.incoming(number), documents.checkpoints(number)
        return BucketTrialFiles(
            self._files.address, f"{self._root}/{incoming}", f"{self._root}/{kept}"
        )

    def commit(self, number: int, measurement: Measurement, stored: Stored) -> None:
        """Make stored files a checkpoint; if that fails, they are gone."""
        folder = self._folder(number, measurement.step)
        _move(self._files, f"{self._root}/{documents.incoming(number)}", stored, folder)
        self._files.write(f"{folder}/{MANIFEST}", manifest(measurement, stored))

    def sweep(self, number: int | None = None) -> None:
        """Drop what was not committed, of all trials; to look after each one takes too long."""
        if number is None:
            self._files.remove_below(f"{self._root}/{documents.TRIALS}", documents.INCOMING)

    def resumable(self, number: int) -> list[StoredCheckpoint]:
        """Return the trial's checkpoints, the newest first."""
        found = [self._described(number, step) for step in reversed(self.steps(number))]
        return [checkpoint for checkpoint in found if checkpoint is not None]

    def read(self, number: int, step: int) -> Checkpoint | None:
        """Return the checkpoint of that step, or None; a damaged one is quarantined."""
        files = self._files.read_folder(self._folder(number, step))
        if MANIFEST not in files:
            return None
        try:
            return unpack(files)
        except DAMAGED:
            self.quarantine(number, step)
            return None

    def quarantine(self, number: int, step: int) -> None:
        """Rename a checkpoint to `.bad`: it is never read again, and not lost."""
        folder = self._folder(number, step)
        self._files.rename(folder, f"{folder}.bad")

    def steps(self, number: int) -> list[int]:
        """Return the steps of which the trial has a checkpoint, ascending."""
        return sorted(step for step, sizes in self._sizes(number).items() if MANIFEST in sizes)

    def clean(self, number: int, *, keep: frozenset[int]) -> None:
        """Drop the trial's checkpoints but those of the steps in `keep`."""
        for step in self.steps(number):
            if step not in keep:
                self._files.remove(self._folder(number, step))

    def sizes(self, number: int) -> dict[int, int]:
        """Return the bytes of the trial's checkpoints by step, without the quarantined ones."""
        found = self._sizes(number).items()
        return {step: sum(sizes.values()) for step, sizes in found if MANIFEST in sizes}

    def _described(self, number: int, step: int) -> StoredCheckpoint | None:
        data = self._files.read(f"{self._folder(number, step)}/{MANIFEST}") or b""
        try:
            return read_manifest(data, documents.checkpoint_name(step))
        except DAMAGED:
            self.quarantine(number, step)
            return None

    def _sizes(self, number: int) -> dict[int, dict[str, int]]:
        """Return the sizes of the files of each step; one whose manifest is not there is begun."""
        found: dict[int, dict[str, int]] = defaultdict(dict)
        for path, meta in self._files.below(
            f"{self._root}/{documents.checkpoints(number)}"
        ).items():
            folder, _, name = path.partition("/")
            step = documents.step_of(folder)
            if step is not None:
                found[step][name] = meta.size
        return found

    def _folder(self, number: int, step: int) -> str:
        return f"{self._root}/{documents.checkpoint(number, step)}"


class BucketArtifacts:
    """See `Artifacts`."""

    def __init__(self, files: BucketFiles, root: str) -> None:
        self._files = files
        self._root = root

    def commit(self, number: int, stored: Stored) -> None:
        """Make stored files the trial's artifacts, in place of earlier ones."""
        incoming = f"{self._root}/{documents.incoming(number)}"
        _move(self._files, incoming, stored, self._folder(number))

    def folder(self, number: int) -> AbstractContextManager[Path | None]:
        """Give a temporary folder with the files."""
        return self._files.on_disk(self._folder(number), "artifacts")

    def _folder(self, number: int) -> str:
        return f"{self._root}/{documents.artifacts(number)}"


def _move(files: BucketFiles, incoming: str, stored: Stored, folder: str) -> None:
    """Move stored files to a folder that then has nothing else; if one is missing, drop them."""
    source = f"{incoming}/{inside(stored.reference)}"
    try:
        check_stored(stored, {name: meta.size for name, meta in files.below(source).items()})
    except OSError:
        files.remove(source)
        raise
    files.remove(folder)
    files.rename(source, folder)
