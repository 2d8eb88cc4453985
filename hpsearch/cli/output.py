"""Where the command line writes: data to stdout, all else to stderr; colour on terminals only."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console, RenderableType
from rich.text import Text

from hpsearch.cli import faults
from hpsearch.common.errors import UserError
from hpsearch.common.text import printable
from hpsearch.display import streams
from hpsearch.display.console import stderr, stdout

CONTROL = re.compile(r"[\x7f-\x9f]")
"""What JSON leaves as it is and a terminal would obey."""


def print_data(*parts: RenderableType) -> None:
    """Print what was asked for."""
    console = stdout()
    for part in parts:
        console.print(part, soft_wrap=isinstance(part, Text | str))


def facts(rows: Sequence[tuple[str, Text | str]], width: int) -> list[Text]:
    """Return labels and what they stand for, as lines; long texts wrap in their own column."""
    room = max(len(label) for label, _ in rows) + 4
    found = []
    for label, said in rows:
        text = said if isinstance(said, Text) else Text(printable(said))
        for index, line in enumerate(text.wrap(Console(), max(20, width - room), tab_size=8)):
            head = f"  {label if index == 0 else ''}"
            line.rstrip()
            found.append(Text.assemble((f"{head:<{room}}", "dim"), line))
    return found


def note(text: str = "", style: str = "") -> None:
    """Tell the person something on stderr, unless only errors are wanted."""
    streams.current().data.flush()  # what both streams say stays in order
    if not streams.current().quiet:
        stderr().print(text, style=style)


def print_json(data: object) -> None:
    """Print one JSON document; what is no finite number becomes null."""
    text = json.dumps(_plain(data), indent=2, ensure_ascii=False, allow_nan=False)
    streams.current().data.write(CONTROL.sub(_escaped, text) + "\n")


def print_bytes(data: bytes, *, is_text: bool) -> None:
    """Print a file as it is; a terminal gets text alone, else UserError is raised."""
    stream = streams.current().data
    if stream.isatty():
        if not is_text:
            raise UserError(faults.not_for_a_terminal())
        data = printable(data.decode()).encode()
    stream.flush()
    stream.buffer.write(data)
    stream.buffer.flush()


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
