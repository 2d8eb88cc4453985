"""A trial's files between worker, engine and store: references to them, and the ports.

The bytes never pass through the engine. A worker puts files where `TrialFiles` says, and tells the
driver what it put there (`Stored`). They are a checkpoint, or artifacts, once the driver commits
them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hpsearch.common.chunks import Chunk
from hpsearch.common.trial import Measurement


@dataclass(frozen=True)
class StoredFile:
    """What the worker knows of a file that it put into the store; `size` in bytes."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Stored:
    """Files of a trial that are in the store and wait to be committed.

    `reference` is what `TrialFiles.put` was told. A `problem` says why not all of them are there.
    """

    reference: str
    files: Mapping[str, StoredFile]
    problem: str = ""


@dataclass(frozen=True)
class StoredCheckpoint:
    """A checkpoint that a worker may resume from, once it has found that the hashes hold.

    `reference` is for `TrialFiles.read`, `seconds` the time of training that is in it.
    `inherited`: it is another trial's, which this one starts from.
    """

    step: int
    seconds: float
    reference: str
    sha256: Mapping[str, str]
    inherited: bool = False


class TrialFiles(Protocol):
    """The files of one trial in its store, as a worker reaches them: a small value to be pickled.

    A `reference` is a relative path with `/`. All raise OSError if the store cannot do it, and
    ValueError if a name leads out of its folder.
    """

    def is_reachable(self) -> bool:
        """Return whether this process reads and writes the store itself."""

    def put(self, reference: str, name: str, file: Path) -> StoredFile:
        """Store a file, durably; it may be moved away from where it is."""

    def write(self, reference: str, name: str, chunks: Iterable[Chunk]) -> None:
        """Store a file that comes in chunks, durably."""

    def read(self, reference: str, name: str) -> Iterator[Chunk]:
        """Yield a file of a checkpoint in chunks, each valid until the next."""

    def discard(self, reference: str) -> None:
        """Drop what was put there and not committed."""


class NoFiles:
    """The files of a trial whose store this process cannot reach; see `TrialFiles`."""

    def is_reachable(self) -> bool:
        return False

    def put(self, reference: str, name: str, file: Path) -> StoredFile:
        raise OSError("the store is out of reach")

    def write(self, reference: str, name: str, chunks: Iterable[Chunk]) -> None:
        raise OSError("the store is out of reach")

    def read(self, reference: str, name: str) -> Iterator[Chunk]:
        raise OSError("the store is out of reach")

    def discard(self, reference: str) -> None:
        """There is nothing."""


class Checkpoints(Protocol):
    """The checkpoints of one study's trials. If they cannot be written, OSError is raised."""

    def files(self, number: int) -> TrialFiles:
        """Return where a worker puts and finds the trial's files; raises OSError."""

    def commit(self, number: int, measurement: Measurement, stored: Stored) -> None:
        """Make stored files the checkpoint of the measurement's step, whole and durably.

        Writes the manifest last. Raises OSError if a file is missing or not whole.
        """

    def sweep(self, number: int | None = None) -> None:
        """Drop what was stored and never committed, of one trial or of all, as far as possible."""

    def resumable(self, number: int) -> Sequence[StoredCheckpoint]:
        """Return the trial's checkpoints, the newest first; a damaged manifest is quarantined."""

    def folder(self, number: int, step: int) -> AbstractContextManager[Path | None]:
        """Give a local folder with the checkpoint's files, to be read inside `with`.

        None if there is none; a damaged one is quarantined.
        """

    def steps(self, number: int) -> list[int]:
        """Return the steps of which the trial has a checkpoint, ascending."""

    def quarantine(self, number: int, step: int) -> None:
        """Keep a checkpoint from being read again, without losing it."""

    def clean(self, number: int, *, keep: frozenset[int]) -> None:
        """Drop the trial's checkpoints but those of the steps in `keep`."""

    def sizes(self, number: int) -> Mapping[int, int]:
        """Return the bytes of the trial's checkpoints by step, without the quarantined ones."""


class Artifacts(Protocol):
    """The files that trials made for people."""

    def commit(self, number: int, stored: Stored) -> None:
        """Make stored files the trial's artifacts, in place of earlier ones; raises OSError."""

    def folder(self, number: int) -> AbstractContextManager[Path | None]:
        """Give a local folder with the trial's files, to be read inside `with`; None if none."""
