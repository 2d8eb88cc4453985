"""Checkpoints and artifacts in a bucket: the manifest is written last, and makes it one."""

import secrets
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from hpsearch.common.checkpoints import Stored, StoredCheckpoint
from hpsearch.common.files import inside
from hpsearch.common.trial import Measurement
from hpsearch.store import documents
from hpsearch.store.bucket.files import BucketFiles
from hpsearch.store.bucket.objects import Check
from hpsearch.store.bucket.trial_files import BucketTrialFiles
from hpsearch.store.documents import MANIFEST
from hpsearch.store.manifest import DAMAGED, check_stored, is_whole, manifest, read_manifest

Sizes = dict[int, dict[str, int]]
"""Of each step of a trial, the bytes of its files by name."""


class BucketCheckpoints:
    """See `Checkpoints`."""

    def __init__(self, files: BucketFiles, root: str) -> None:
        self._files = files
        self._root = root
        self._known: defaultdict[int, Sizes] = defaultdict(dict)
        self._known_by: Check | None = None
        self._one_at_a_time = threading.Lock()
        self._word = ""

    def files(self, number: int) -> BucketTrialFiles:
        """Return where a worker puts and finds the trial's files; writes the probe once."""
        probe = f"{self._root}/{documents.PROBE}"
        if not self._word:
            self._word = secrets.token_hex()
            self._files.write(probe, self._word.encode())
        incoming = f"{self._root}/{documents.incoming(number)}"
        kept = f"{self._root}/{documents.checkpoints(number)}"
        return BucketTrialFiles(self._files.connection, incoming, kept, probe, self._word)

    def commit(self, number: int, measurement: Measurement, stored: Stored) -> None:
        """Make stored files a checkpoint; if that fails, they are gone."""
        folder, data = self._folder(number, measurement.step), manifest(measurement, stored)
        replaced = self._kept(number).pop(measurement.step, {})
        incoming = f"{self._root}/{documents.incoming(number)}"
        _move(self._files, incoming, stored, folder, replaced=replaced)
        self._files.write(f"{folder}/{MANIFEST}", data)
        sizes = {name: file.size for name, file in stored.files.items()}
        self._kept(number)[measurement.step] = {**sizes, MANIFEST: len(data)}

    def sweep(self, number: int | None = None) -> None:
        """Drop what was not committed, of all trials; to look after each one takes too long."""
        if number is None:
            self._files.remove_below(f"{self._root}/{documents.TRIALS}", documents.INCOMING)

    def resumable(self, number: int) -> list[StoredCheckpoint]:
        """Return the trial's checkpoints, the newest first."""
        found = [self._described(number, step) for step in reversed(self.steps(number))]
        return [checkpoint for checkpoint in found if checkpoint is not None]

    @contextmanager
    def folder(self, number: int, step: int) -> Iterator[Path | None]:
        """Give a temporary folder with the checkpoint; a damaged one is quarantined."""
        with self._files.on_disk(self._folder(number, step), "checkpoint") as folder:
            if folder is None or not (folder / MANIFEST).exists():
                yield None
            elif is_whole(folder):
                yield folder
            else:
                self.quarantine(number, step)
                yield None

    def quarantine(self, number: int, step: int) -> None:
        """Rename a checkpoint to `.bad`: it is never read again, and not lost."""
        folder = self._folder(number, step)
        self._kept(number).pop(step, None)
        self._files.rename(folder, f"{folder}.bad")

    def steps(self, number: int) -> list[int]:
        """Return the steps of which the trial has a checkpoint, ascending."""
        return sorted(step for step, sizes in [*self._kept(number).items()] if MANIFEST in sizes)

    def clean(self, number: int, *, keep: frozenset[int]) -> None:
        """Drop the trial's checkpoints but those of the steps in `keep`; a search does not wait."""
        kept = self._kept(number)
        for step in self.steps(number):
            if step not in keep:
                self._files.discard(self._folder(number, step), kept.pop(step), wait=False)

    def sizes(self, number: int) -> dict[int, int]:
        """Return the bytes of the trial's checkpoints by step, without the quarantined ones."""
        found = [*self._kept(number).items()]
        return {step: sum(sizes.values()) for step, sizes in found if MANIFEST in sizes}

    def _described(self, number: int, step: int) -> StoredCheckpoint | None:
        data = self._files.read(f"{self._folder(number, step)}/{MANIFEST}") or b""
        try:
            return read_manifest(data, documents.checkpoint_name(step))
        except DAMAGED:
            self.quarantine(number, step)
            return None

    def _kept(self, number: int) -> Sizes:
        """Return the sizes of the files of each step; one whose manifest is not there is begun.

        Whoever holds the lease asks for those of all trials, once: nobody else changes them.
        """
        holder = self._files.held_by
        if holder is None:
            return self._found(documents.checkpoints(number))[number]
        with self._one_at_a_time:
            if self._known_by != holder:
                self._known, self._known_by = self._found(documents.TRIALS), holder
            return self._known[number]

    def _found(self, folder: str) -> defaultdict[int, Sizes]:
        found: defaultdict[int, Sizes] = defaultdict(lambda: defaultdict(dict))
        for name, meta in self._files.below(f"{self._root}/{folder}").items():
            parts = f"{folder}/{name}".split("/", 4)
            is_kept = len(parts) == 5 and parts[2] == "checkpoints"
            step = documents.step_of(parts[3]) if is_kept else None
            if step is not None:
                found[int(parts[1])][step][parts[4]] = meta.size
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
        replaced = self._files.below(self._folder(number))
        _move(self._files, incoming, stored, self._folder(number), replaced=replaced)

    def folder(self, number: int) -> AbstractContextManager[Path | None]:
        """Give a temporary folder with the files."""
        return self._files.on_disk(self._folder(number), "artifacts")

    def _folder(self, number: int) -> str:
        return f"{self._root}/{documents.artifacts(number)}"


def _move(
    files: BucketFiles, incoming: str, stored: Stored, folder: str, *, replaced: Iterable[str]
) -> None:
    """Move stored files in place of those in a folder; if one is missing, drop them."""
    source = f"{incoming}/{inside(stored.reference)}"
    found = files.below(source)
    try:
        check_stored(stored, {name: meta.size for name, meta in found.items()})
    except OSError:
        files.discard(source, found)
        raise
    files.settle()
    files.discard(folder, replaced)
    files.move(source, folder, found)
