"""Protocol buffers on the wire: the fields of a message, without a schema."""

from collections.abc import Iterator
from typing import Any

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5


class Damaged(ValueError):
    """These bytes are no message."""


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield each field's number with its value, fixed ones as bytes; raises Damaged."""
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        number, kind = key >> 3, key & 7
        if kind == VARINT:
            value, position = _varint(message, position)
            yield number, value
            continue
        size = {FIXED64: 8, FIXED32: 4}.get(kind)
        if kind == LENGTH:
            size, position = _varint(message, position)
        if size is None or position + size > len(message):
            raise Damaged
        yield number, message[position : position + size]
        position += size


def messages(message: bytes, number: int) -> Iterator[bytes]:
    """Yield the messages in a field; raises Damaged."""
    return (one for found, one in fields(message) if found == number and isinstance(one, bytes))


def first(message: bytes, number: int, default: Any) -> Any:
    """Return the first value of a field; raises Damaged."""
    return next((value for found, value in fields(message) if found == number), default)


def signed(value: int) -> int:
    """Return an int64, which is on the wire without its sign."""
    return value - (1 << 64) if value >= 1 << 63 else value


def _varint(message: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while position < len(message):
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
    raise Damaged
