"""What every reader of metrics does, and which one an experiment asks for."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from hpsearch.trainable.command.lines import Line
from hpsearch.trainable.command.metrics.event_files import EventFiles
from hpsearch.trainable.command.metrics.json_lines import JsonLines
from hpsearch.trainable.command.metrics.last_number import LastNumber
from hpsearch.trainable.command.metrics.pattern import Pattern
from hpsearch.trainable.command.metrics.row import Row
from hpsearch.trainable.command.metrics.table_file import TableFile


class Reader(Protocol):
    """Finds metrics in what a command prints, or in files that it writes."""

    @property
    def place(self) -> str:
        """What it looks for, in words."""

    @property
    def result(self) -> float | None:
        """The number that is the command's result, once it has ended; None if it has none."""

    def rows(self, lines: Sequence[Line], *, ended: bool) -> Iterable[Row]:
        """Return what is new, given the lines printed since the last call, at least every tick.

        `ended` says that it is the last call.
        """


def reader_of(kind: str, value: str, folder: Path) -> Reader:
    """Return the reader of a kind: `json`, `number`, or a key of `MetricsSource` with its value.

    Paths start at the folder that the command runs in.
    """
    if kind == "json":
        return JsonLines()
    if kind == "number":
        return LastNumber()
    if kind == "pattern":
        return Pattern(value)
    return TableFile(folder / value) if kind == "file" else EventFiles(folder / value)
