"""The lines of the journal: Optuna's records in JSON, each with a checksum.

The checksum of all before it ends a line, under a key that Optuna ignores: a single changed bit is
noticed. Lines without one are accepted as they are. Optuna's own backend reads the same file.
"""

import json
import re
import zlib
from enum import IntEnum
from typing import Any

from pydantic_core import from_json

Log = dict[str, Any]


class Code(IntEnum):
    """What a record does, its `op_code`: of Optuna's, by their names, those that matter here."""

    CREATE_STUDY = 0
    SET_STUDY_USER_ATTR = 2
    SET_STUDY_SYSTEM_ATTR = 3
    CREATE_TRIAL = 4
    SET_TRIAL_PARAM = 5
    SET_TRIAL_STATE_VALUES = 6
    SET_TRIAL_USER_ATTR = 8
    SET_TRIAL_SYSTEM_ATTR = 9


CHECKSUM = re.compile(rb',"crc":(\d+)\}\n$')


def to_line(log: Log) -> bytes:
    """Return a record as a line of the journal."""
    body = json.dumps(log, separators=(",", ":")).encode()
    return body[:-1] + b',"crc":%d}\n' % zlib.crc32(body)


def read_lines(data: bytes) -> list[tuple[bytes, Log | None]]:
    """Return each line with its record, None for a damaged one; a torn last line is left out.

    A torn line has no end: its write was cut short. A line that has its end but is wrong is damage.
    """
    return [(line, _record(line)) for line in _whole_lines(data)]


def damaged_lines(data: bytes) -> list[int]:
    """Return the numbers of the damaged lines, from 1; one that its checksum fits is not read."""
    lines = enumerate(_whole_lines(data), start=1)
    return [n for n, line in lines if not _checked(line) and _record(line) is None]


def _whole_lines(data: bytes) -> list[bytes]:
    lines = data.splitlines(keepends=True)
    return lines if data.endswith(b"\n") else lines[:-1]


def _checked(line: bytes) -> bool | None:
    """Return whether its checksum fits a line; None if it has none."""
    found = CHECKSUM.search(line)
    return zlib.crc32(line[: found.start()] + b"}") == int(found[1]) if found else None


def _record(line: bytes) -> Log | None:
    """Return a line's record, or None if it is damaged."""
    if _checked(line) is False:
        return None
    try:
        log = _parsed(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(log, dict) or "op_code" not in log:
        return None
    log.pop("crc", None)
    return log


def _parsed(line: bytes) -> Any:
    """Return a line's value; pydantic takes a third of the time, but refuses half of a character.

    Optuna escapes whatever is in a text, so that its lines may have lone surrogates.
    """
    try:
        return from_json(line)
    except ValueError:
        return json.loads(line)
