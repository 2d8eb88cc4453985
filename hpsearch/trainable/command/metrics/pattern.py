"""Metrics in the lines that match a regular expression."""

import re
from collections.abc import Iterator, Sequence

from hpsearch.trainable.command.lines import Line
from hpsearch.trainable.command.metrics.row import Row, row_of


class Pattern:
    """Each named group is a metric. On stderr, too: `logging` writes there."""

    result = None

    def __init__(self, pattern: str) -> None:
        self.place = f"a line that matches `{pattern}`"
        self._pattern = re.compile(pattern)

    def rows(self, lines: Sequence[Line], *, ended: bool) -> Iterator[Row]:
        matches = (self._pattern.search(line.text) for line in lines)
        found = (row_of(match.groupdict()) for match in matches if match is not None)
        return (row for row in found if row is not None)
