"""Metrics in TensorBoard's event files, read as they grow.

A reader of our own, since the `tensorboard` package would bring gRPC and more for two messages of
protocol buffers. Format: tensorflow/core/lib/io/record_writer.h and core/util/event.proto.
"""

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

from hpsearch.trainable.command.lines import Line
from hpsearch.trainable.command.metrics.protobuf import (
    Damaged,
    first,
    messages,
    signed,
)
from hpsearch.trainable.command.metrics.row import Row

FILES = "*tfevents*"

HEADER, FOOTER = 12, 4
"""Bytes around a record: its length and a checksum; a checksum."""

FLOAT, DOUBLE, INT32, INT64 = 1, 2, 3, 9
FORMATS = {FLOAT: "<f", DOUBLE: "<d", INT32: "<i", INT64: "<q"}
"""The types of a tensor that can be a metric."""


class EventFiles:
    """Each scalar is a metric, named by its tag. What was there before the command is not read."""

    result = None

    def __init__(self, folder: Path) -> None:
        self.place = f"a scalar in an event file of {folder}"
        self._folder = folder
        self._read = {file: file.stat().st_size for file in self._files()}

    def rows(self, lines: Sequence[Line], *, ended: bool) -> Iterator[Row]:
        for file in self._files():
            for record in self._new_records(file):
                yield from event_rows(record)

    def _files(self) -> list[Path]:
        return sorted(file for file in self._folder.rglob(FILES) if file.is_file())

    def _new_records(self, file: Path) -> Iterator[bytes]:
        """Yield the records that are whole by now."""
        begin = self._read.get(file, 0)
        with file.open("rb") as stream:
            stream.seek(begin)
            data = stream.read()
        position = 0
        while len(data) >= position + HEADER:
            (length,) = struct.unpack_from("<Q", data, position)
            end = position + HEADER + length + FOOTER
            if len(data) < end:
                break
            yield data[position + HEADER : end - FOOTER]
            position = end
            self._read[file] = begin + position


def event_rows(event: bytes) -> Iterator[Row]:
    """Yield the scalars of an event; none if it is something else."""
    try:
        step = signed(first(event, 2, 0))
        for summary in messages(event, 5):
            for value in messages(summary, 1):
                metric = _scalar(value)
                if metric is not None and step >= 0:
                    yield Row(step, {bytes(first(value, 1, b"")).decode(): metric})
    except (Damaged, struct.error, UnicodeDecodeError):
        return


def _scalar(value: bytes) -> float | None:
    simple = first(value, 2, None)
    if isinstance(simple, bytes):
        return float(struct.unpack("<f", simple)[0])
    return next((_of_tensor(tensor) for tensor in messages(value, 8)), None)


def _of_tensor(tensor: bytes) -> float | None:
    """Return the number in a tensor without dimensions."""
    kind = first(tensor, 1, 0)
    has_dimensions = any(True for shape in messages(tensor, 2) for _ in messages(shape, 2))
    if kind not in FORMATS or has_dimensions:
        return None
    content = first(tensor, 4, b"") or first(tensor, {FLOAT: 5, DOUBLE: 6}.get(kind, 4), b"")
    return float(struct.unpack(FORMATS[kind], content)[0]) if content else 0.0
