"""Checkpoints on disk: written aside, flushed, renamed; hashed; a manifest last.

A checkpoint is a folder of files that only the trainable understands, and the seconds of training
in it. One that is torn or altered is put aside with the suffix `.bad` and the one before it is
used.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from hpsearch.common.checkpoints import Checkpoint
from hpsearch.common.files import inside, write_folder
from hpsearch.common.trial import Measurement
from hpsearch.store.folder.paths import MANIFEST_FILE, StudyPaths


class CheckpointStore:
    """The checkpoints of one study's trials, in its folder."""

    def __init__(self, paths: StudyPaths) -> None:
        self._paths = paths

    def save(self, number: int, measurement: Measurement, files: Mapping[str, bytes]) -> None:
        """Keep a checkpoint of the measurement's step; raises OSError where the disk refuses."""
        manifest = {
            "step": measurement.step,
            "seconds": measurement.seconds,
            "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
        }
        folder = self._paths.checkpoint(number, measurement.step)
        write_folder(folder, {**files, MANIFEST_FILE: json.dumps(manifest).encode()})

    def latest(self, number: int) -> Checkpoint | None:
        """Return the newest checkpoint of the trial that is whole, or None."""
        for step in reversed(self.steps(number)):
            checkpoint = self.read(number, step)
            if checkpoint is not None:
                return checkpoint
        return None

    def read(self, number: int, step: int) -> Checkpoint | None:
        """Return the checkpoint of that step; a damaged one is put aside and None returned."""
        folder = self._paths.checkpoint(number, step)
        if not folder.is_dir():
            return None
        try:
            return _read(folder)
        except (OSError, ValueError, KeyError, TypeError):
            self.set_aside(number, step)
            return None

    def set_aside(self, number: int, step: int) -> None:
        """Give a checkpoint that is of no use the suffix `.bad`: never read again, not lost."""
        folder = self._paths.checkpoint(number, step)
        shutil.rmtree(bad := folder.with_suffix(".bad"), ignore_errors=True)
        with suppress(OSError):  # a folder that may only be read
            folder.rename(bad)

    def steps(self, number: int) -> list[int]:
        """Return the steps of which the trial has a checkpoint, ascending."""
        folders = self._paths.checkpoints(number).glob("step-" + "[0-9]" * 9)
        return sorted(int(folder.name.removeprefix("step-")) for folder in folders)

    def save_artifacts(self, number: int, files: Mapping[str, bytes]) -> None:
        """Keep the files that the trainable made for people, in place of earlier ones."""
        if files:
            write_folder(self._paths.artifacts(number), files)

    def clean(self, number: int, *, keep: frozenset[int]) -> None:
        """Drop the trial's checkpoints but those of the steps in `keep`."""
        for step in self.steps(number):
            if step not in keep:
                shutil.rmtree(self._paths.checkpoint(number, step))

    def size(self, number: int) -> int:
        """Return the bytes of the trial's checkpoints; what was set aside is not among them."""
        folders = [self._paths.checkpoint(number, step) for step in self.steps(number)]
        files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
        return sum(file.stat().st_size for file in files)


def _read(folder: Path) -> Checkpoint:
    manifest = json.loads((folder / MANIFEST_FILE).read_bytes())
    files = {name: (folder / inside(name)).read_bytes() for name in manifest["sha256"]}
    for name, expected in manifest["sha256"].items():
        if hashlib.sha256(files[name]).hexdigest() != expected:
            raise ValueError(f"{name} is not what was written")
    return Checkpoint(manifest["step"], manifest["seconds"], files)
