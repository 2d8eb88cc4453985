"""Metrics in a file that grows: CSV with a header, or JSON lines."""

import csv
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from hpsearch.trainable.command.lines import Line
from hpsearch.trainable.command.metrics.json_lines import json_rows
from hpsearch.trainable.command.metrics.row import Row, row_of

WAIT = 10
"""Reading waits for so many times as long as it took: a long file costs a tenth of a core."""


class TableFile:
    """Reads the whole file whenever it changed: some loggers write it anew, with more columns.

    The rows that were there before the command began are those of an earlier attempt or trial.
    """

    result = None

    def __init__(self, file: Path) -> None:
        self.place = f"a row with a number in {file}"
        self._file = file
        self._before = self._read()
        self._signature = self._stat()
        self._yielded = 0
        self._next = 0.0

    def rows(self, lines: Sequence[Line], *, ended: bool) -> Iterator[Row]:
        begun = time.monotonic()
        signature = self._stat()
        if not ended and (signature == self._signature or begun < self._next):
            return
        is_touched = signature != self._signature
        self._signature = signature
        found = self._new_rows(is_touched=is_touched, ended=ended)
        self._next = time.monotonic() + WAIT * (time.monotonic() - begun)
        yield from found

    def _new_rows(self, *, is_touched: bool, ended: bool) -> list[Row]:
        text = self._read()
        whole = text if ended else text[: text.rfind("\n") + 1]
        rows = self._parsed(whole)
        if not text.startswith(self._before) or (text == self._before and is_touched):
            self._before = ""  # it was written anew
        new = rows[max(self._yielded, len(self._parsed(self._before))) :]
        self._yielded = max(self._yielded, len(rows))
        return new

    def _parsed(self, text: str) -> list[Row]:
        lines = text.splitlines()
        if self._file.suffix.lower() != ".csv":
            return [*json_rows(lines)]
        found = (row_of(dict(row)) for row in csv.DictReader(lines, restkey=""))
        return [row for row in found if row is not None]

    def _read(self) -> str:
        try:
            return self._file.read_text(encoding="utf-8", errors="replace")
        except OSError:  # not there yet
            return ""

    def _stat(self) -> tuple[int, int, int]:
        try:
            found = self._file.stat()
        except OSError:
            return (0, 0, 0)
        return (found.st_ino, found.st_size, found.st_mtime_ns)
