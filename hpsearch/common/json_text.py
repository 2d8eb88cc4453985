"""Data as one JSON document."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

CONTROL = re.compile(r"[\x7f-\x9f]")
"""What JSON leaves as it is and a terminal would obey."""


def json_text(data: object) -> str:
    """Return the data as JSON with a line's end; what is no finite number becomes null."""
    text = json.dumps(_plain(data), indent=2, ensure_ascii=False, allow_nan=False)
    return CONTROL.sub(_escaped, text) + "\n"


def _escaped(found: re.Match[str]) -> str:
    """Return a character that a terminal would obey as JSON spells it."""
    return f"\\u{ord(found[0]):04x}"


def _plain(data: object) -> Any:
    """Return data as JSON has it: numbers stay numbers, NaN and infinity become null."""
    if isinstance(data, float) and not math.isfinite(data):
        return None
    if isinstance(data, Mapping):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, Sequence) and not isinstance(data, str):
        return [_plain(value) for value in data]
    return data
