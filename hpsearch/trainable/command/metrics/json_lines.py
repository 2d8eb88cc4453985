"""Metrics in the lines on stdout that are JSON objects; in files also a whole JSON document."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from hpsearch.trainable.command.lines import Line
from hpsearch.trainable.command.metrics.row import Row, number, row_of

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
        if (row := _row(found)) is not None:
            yield row


def is_json_object(text: str) -> bool:
    """Return whether a text is one object as a whole."""
    return isinstance(_loaded(text), dict)


def json_document(text: str) -> list[Row] | None:
    """Return the rows of a list of objects, or of one object; None if the text is neither."""
    found = _loaded(text)
    if found is None:
        return None
    objects = found if isinstance(found, list) else [found]
    rows = [_row(one) for one in objects if isinstance(one, dict)]
    return [row for row in rows if row is not None]


def _loaded(text: str) -> Any:
    """Return what a text is as JSON; None if it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _row(found: Mapping[str, Any]) -> Row | None:
    """Return the numbers of an object; a text with a number can be its step, but no metric."""
    values = {name: one for name, one in _leaves(found, "") if not isinstance(one, str)}
    step = number(found.get("step"))
    values |= {"step": step} if step is not None else {}
    return row_of(values, checkpoint=found.get(CHECKPOINT) is True)


def _leaves(found: Mapping[str, Any], above: str) -> Iterator[tuple[str, Any]]:
    """Yield what is in an object, and in objects in it by names with dots."""
    for name, value in found.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value
