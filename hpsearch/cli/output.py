"""Where the command line writes: data to stdout, all else to stderr; colour on terminals only."""

from collections.abc import Sequence

from rich.console import Console, RenderableType
from rich.text import Text

from hpsearch.cli import faults
from hpsearch.common.errors import UserError
from hpsearch.common.json_text import json_text
from hpsearch.common.text import printable
from hpsearch.display import streams
from hpsearch.display.console import stderr, stdout


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
    streams.current().data.write(json_text(data))


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
