"""Checkpoints and artifacts in a bucket: the manifest is written last, and makes it one."""

from collections import defaultdict
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from hpsearch.common.checkpoints import Checkpoint
from hpsearch.common.files import inside
from hpsearch.common.trial import Measurement
from hpsearch.store import documents
from hpsearch.store.bucket.files import BucketFiles
from hpsearch.store.documents import MANIFEST
from hpsearch.store.manifest import pack, unpack


class BucketCheckpoints:
    """See `Checkpoints`."""

    def __init__(self, files: BucketFiles, root: str) -> None:
        self._files = files
        self._root = root

    def save(self, number: int, measurement: Measurement, files: Mapping[str, bytes]) -> None:
        """Keep a checkpoint of the measurement's step, in place of an earlier one."""
        packed = pack(measurement, checked(files))
        manifest = {MANIFEST: packed.pop(MANIFEST)}
        folder = self._folder(number, measurement.step)
        self._files.remove(folder)
        self._files.write_all(folder, packed)
        self._files.write_all(folder, manifest)

    def latest(self, number: int) -> Checkpoint | None:
        """Return the trial's newest checkpoint that is undamaged, or None."""
        found = (self.read(number, step) for step in reversed(self.steps(number)))
        return next((checkpoint for checkpoint in found if checkpoint is not None), None)

    def read(self, number: int, step: int) -> Checkpoint | None:
        """Return the checkpoint of that step, or None; a damaged one is quarantined."""
        files = self._files.read_folder(self._folder(number, step))
        if MANIFEST not in files:
            return None
        try:
            return unpack(files)
        except (ValueError, KeyError, TypeError):
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

    def size(self, number: int) -> int:
        """Return the bytes of the trial's checkpoints, without those that are quarantined."""
        return sum(sum(sizes.values()) for sizes in self._sizes(number).values())

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

    def save(self, number: int, files: Mapping[str, bytes]) -> None:
        """Keep a trial's files and replace earlier ones."""
        if files:
            plain = checked(files)
            self._files.remove(self._folder(number))
            self._files.write_all(self._folder(number), plain)

    def folder(self, number: int) -> AbstractContextManager[Path | None]:
        """Give a temporary folder with the files."""
        return self._files.on_disk(self._folder(number), "artifacts")

    def _folder(self, number: int) -> str:
        return f"{self._root}/{documents.artifacts(number)}"


def checked(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files by plain names; raise ValueError if one leads out of its folder."""
    return {str(inside(name)): data for name, data in files.items()}
