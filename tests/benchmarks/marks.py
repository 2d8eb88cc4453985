"""Moments that a benchmark's trials note, in a file that all processes of a side share.

Imports nothing but the standard library: what it cost would be measured too.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "BENCHMARK_MARKS"
"""The environment variable that names the file."""


@dataclass(frozen=True)
class Mark:
    """`moment` is in seconds of the wall clock, `value` whatever number belongs to it."""

    moment: float
    name: str
    value: float


_noted: set[str] = set()


def mark(name: str, value: float = 0.0) -> None:
    """Note that something happened now; nothing where nobody asked for marks."""
    if file := os.environ.get(VARIABLE):
        with Path(file).open("a") as marks:  # one short write: whole lines, whoever else writes
            marks.write(f"{time.time()} {name} {value}\n")


def mark_once(name: str) -> None:
    """Note the first time in this process alone; later calls cost next to nothing."""
    if name not in _noted:
        _noted.add(name)
        mark(name)


def read_marks(file: Path) -> list[Mark]:
    """Return the marks by time."""
    lines = [line.split() for line in file.read_text().splitlines()] if file.exists() else []
    marks = [Mark(float(moment), name, float(value)) for moment, name, value in lines]
    return sorted(marks, key=lambda one: one.moment)
