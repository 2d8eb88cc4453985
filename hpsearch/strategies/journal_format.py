"""The lines of the journal: Optuna's records in JSON, each with a checksum.

The checksum of all before it ends a line, under a key that Optuna ignores: a single changed bit is
noticed. Lines without one are accepted as they are. Optuna's own backend reads the same file.
"""

import json
import re
import zlib
from typing import Any

Log = dict[str, Any]

CHECKSUM = re.compile(rb',"crc":(\d+)\}\n$')


def to_line(log: Log) -> bytes:
    """Return a record as a line of the journal."""
    body = json.dumps(log, separators=(",", ":")).encode()
    return body[:-1] + b',"crc":%d}\n' % zlib.crc32(body)


def read_lines(data: bytes) -> list[tuple[bytes, Log | None]]:
    """Return each line with its record, None for a damaged one; a torn last line is left out.

    A torn line has no end: its write was cut short. A line that has its end but is wrong is damage.
    """
    lines = data.splitlines(keepends=True)
    if lines and not lines[-1].endswith(b"\n"):
        del lines[-1]
    return [(line, _record(line)) for line in lines]


def _record(line: bytes) -> Log | None:
    """Return a line's record, or None if it is damaged."""
    found = CHECKSUM.search(line)
    if found and zlib.crc32(line[: found.start()] + b"}") != int(found[1]):
        return None
    try:
        log = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(log, dict) or "op_code" not in log:
        return None
    log.pop("crc", None)
    return log
