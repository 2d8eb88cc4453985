"""Metrics in a file that grows: CSV with a header, JSON lines, or a JSON document."""

import csv
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from hpsearch.trainable.command.lines import Line
from hpsearch.trainable.command.metrics.json_lines import is_json_object, json_document, json_rows
from hpsearch.trainable.command.metrics.row import Row, row_of

WAIT = 10
"""Reading waits for so many times as long as it took: a long file costs a tenth of a core."""


TABLES = (".csv", ".tsv")

SEPARATORS = ",;\t"

QUOTED = re.compile('"[^"]*"')


class TableFile:
    """Reads the whole file whenever it changed: some loggers write it anew, with more columns.

    The rows that were there before the command began are those of an earlier attempt or trial. A
    JSON object that is written again with other numbers is a new row.
    """

    result = None

    def __init__(self, file: Path) -> None:
        self.place = f"a row with a number in {file}"
        self._file = file
        self._before = self._read()
        self._signature = self._stat()
        self._yielded = 0
        self._object: list[Row] = []
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
        rows = self._parsed(text, ended=ended)
        if not text.startswith(self._before) or (text == self._before and is_touched):
            self._before = ""  # it was written anew
        known = max(self._yielded, len(self._parsed(self._before, ended=True)))
        if known == 1 and self._object not in ([], rows) and is_json_object(text):
            known = 0
        new = rows[known:]
        self._yielded = max(self._yielded, len(rows))
        self._object = rows if len(rows) == 1 else self._object
        return new

    def _parsed(self, text: str, *, ended: bool) -> list[Row]:
        """Return the rows of a text; if it may go on, of its lines that have ended."""
        is_table = self._file.suffix.lower() in TABLES
        if not is_table and (document := json_document(text)) is not None:
            return document
        lines = (text if ended else text[: text.rfind("\n") + 1]).splitlines()
        return _table_rows(lines) if is_table else [*json_rows(lines)]

    def _read(self) -> str:
        try:
            return self._file.read_text(encoding="utf-8-sig", errors="replace")
        except OSError:  # not there yet
            return ""

    def _stat(self) -> tuple[int, int, int]:
        try:
            found = self._file.stat()
        except OSError:
            return (0, 0, 0)
        return (found.st_ino, found.st_size, found.st_mtime_ns)


def _table_rows(lines: Sequence[str]) -> list[Row]:
    """Return the rows below a header, whichever separator that has."""
    separator = max(SEPARATORS, key=QUOTED.sub("", lines[0]).count) if lines else ","
    table = csv.DictReader(lines, restkey="", delimiter=separator, skipinitialspace=True)
    found = (row_of({str(name).strip(): one for name, one in row.items()}) for row in table)
    return [row for row in found if row is not None]
