"""A checkpoint, and the ports for a trial's files, between engine and stores."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hpsearch.common.trial import Measurement


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that was read back and whose hashes hold.

    `seconds` is the time of training that is in it; only the trainable understands its files.
    """

    step: int
    seconds: float
    files: Mapping[str, bytes]


class Checkpoints(Protocol):
    """The checkpoints of one study's trials. If they cannot be written, OSError is raised."""

    def save(self, number: int, measurement: Measurement, files: Mapping[str, bytes]) -> None:
        """Keep a checkpoint of the measurement's step: whole, and durable when this returns."""

    def latest(self, number: int) -> Checkpoint | None:
        """Return the trial's newest checkpoint that is undamaged, or None."""

    def read(self, number: int, step: int) -> Checkpoint | None:
        """Return the checkpoint of that step, or None; a damaged one is quarantined."""

    def steps(self, number: int) -> list[int]:
        """Return the steps of which the trial has a checkpoint, ascending."""

    def quarantine(self, number: int, step: int) -> None:
        """Keep a checkpoint from being read again, without losing it."""

    def clean(self, number: int, *, keep: frozenset[int]) -> None:
        """Drop the trial's checkpoints but those of the steps in `keep`."""

    def size(self, number: int) -> int:
        """Return the bytes of the trial's checkpoints, without those that are quarantined."""


class Artifacts(Protocol):
    """The files that trials made for people."""

    def save(self, number: int, files: Mapping[str, bytes]) -> None:
        """Keep a trial's files, in place of earlier ones; raises OSError."""

    def folder(self, number: int) -> AbstractContextManager[Path | None]:
        """Give a local folder with the trial's files, to be read inside `with`; None if none."""
