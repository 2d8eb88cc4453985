"""Bytes from a pipe as whole lines."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hpsearch.common.text import printable

LONGEST = 1 << 20
"""Bytes; more without an end of line is no line that anybody reads."""

ENDS = re.compile(rb"[\r\n]")
"""A carriage return, too: progress bars."""


@dataclass(frozen=True)
class Line:
    """A line that the command printed, without colours and other commands to a terminal."""

    text: str
    is_error: bool = False
    """Whether it came on stderr."""


class Lines:
    """Collects bytes until their line has ended."""

    def __init__(self, *, is_error: bool) -> None:
        self._is_error = is_error
        self._rest = b""

    def take(self, data: bytes) -> Iterator[Line]:
        """Yield the lines that these bytes end; empty ones are left out."""
        *whole, self._rest = ENDS.split(self._rest + data)
        self._rest = self._rest[-LONGEST:]
        return self._lines(whole)

    def finish(self) -> Iterator[Line]:
        """Yield the line that has no end."""
        rest, self._rest = self._rest, b""
        return self._lines([rest])

    def _lines(self, whole: list[bytes]) -> Iterator[Line]:
        for line in whole:
            if line:
                yield Line(printable(line.decode(errors="replace")), self._is_error)
