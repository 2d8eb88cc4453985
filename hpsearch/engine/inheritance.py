"""A trial that starts from the checkpoint of another one: its parent's files beside its own."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hpsearch.common.checkpoints import Checkpoints, StoredCheckpoint, StoredFile, TrialFiles
from hpsearch.common.chunks import Chunk
from hpsearch.common.trial import TrialRecord

PARENT = "parent:"
"""References to files of the parent begin so."""


@dataclass(frozen=True)
class InheritedFiles:
    """A trial's files, and those of its parent to read; see `TrialFiles`."""

    own: TrialFiles
    parent: TrialFiles

    def is_reachable(self) -> bool:
        return self.own.is_reachable()

    def put(self, reference: str, name: str, file: Path) -> StoredFile:
        return self.own.put(reference, name, file)

    def write(self, reference: str, name: str, chunks: Iterable[Chunk]) -> None:
        self.own.write(reference, name, chunks)

    def read(self, reference: str, name: str) -> Iterator[Chunk]:
        if reference.startswith(PARENT):
            return self.parent.read(reference.removeprefix(PARENT), name)
        return self.own.read(reference, name)

    def discard(self, reference: str) -> None:
        self.own.discard(reference)


def files_of(record: TrialRecord, store: Checkpoints) -> TrialFiles:
    """Return where a worker finds the trial's files, and what it starts from; raises OSError."""
    own = store.files(record.number)
    return own if record.parent is None else InheritedFiles(own, store.files(record.parent))


def checkpoints_of(record: TrialRecord, store: Checkpoints) -> Sequence[StoredCheckpoint]:
    """Return what an attempt may resume from, the newest first; the parent's is the last.

    The seconds that the parent trained are its own: they count once.
    """
    own = [*store.resumable(record.number)] if record.attempt > 1 else []
    inherited = [] if record.parent is None else store.resumable(record.parent)
    return own + [
        replace(one, reference=PARENT + one.reference, seconds=0.0, inherited=True)
        for one in inherited
        if one.step == record.from_step
    ]
