"""Metrics in the lines on stdout that are JSON objects."""

import json
from collections.abc import Iterable, Iterator, Sequence

from hpsearch.trainable.command.lines import Line
from hpsearch.trainable.command.metrics.row import Row, row_of

CHECKPOINT = "checkpoint"
"""The key by which a line says that a whole checkpoint is there."""


class JsonLines:
    """`{"step": 3, "val_accuracy": 0.91}`; what is no number is left out."""

    result = None
    place = "a JSON object with a number on stdout"

    def rows(self, lines: Sequence[Line], *, ended: bool) -> Iterator[Row]:
        return json_rows(line.text for line in lines if not line.is_error)


def json_rows(lines: Iterable[str]) -> Iterator[Row]:
    """Yield the rows in those lines that are JSON objects."""
    for line in lines:
        if not line.lstrip().startswith("{"):
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            continue
        row = row_of(
            {name: value for name, value in found.items() if not isinstance(value, str)},
            checkpoint=found.get(CHECKPOINT) is True,
        )
        if row is not None:
            yield row
