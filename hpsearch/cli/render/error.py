"""How an error looks on a terminal: its three parts, wrapped under their labels, in colour."""

import textwrap
import traceback

from rich.console import Console
from rich.text import Text

from hpsearch.cli import faults
from hpsearch.common.errors import Fault, HpsearchError
from hpsearch.common.redaction import redacted
from hpsearch.common.text import printable

INDENT = 8


def show_error(console: Console, error: HpsearchError) -> None:
    """Print all faults of an error."""
    for fault in error.faults:
        console.print(
            fault_text(fault, console.width if console.is_terminal else None), soft_wrap=True
        )


def fault_text(fault: Fault, width: int | None) -> Text:
    """Return a fault as text, wrapped to `width` if there is one."""
    head = Text.assemble((f"error[{fault.code}]", "bold red"), ": ")
    head.append(_wrapped(fault.what, width, len(head)), "bold")
    why = Text.assemble("\n", ("  why:  ", "dim"), _wrapped(fault.why, width))
    fix = Text.assemble("\n", ("  fix:  ", "dim"), _wrapped(fault.fix, width))
    return Text.assemble(head, why, fix)


def show_bug(console: Console, error: Exception) -> None:
    """Print that hpsearch itself is wrong, and where; the traceback is for `--debug`."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    fault = faults.bug(
        redacted(f"{type(error).__name__}: {error}"), f"{frame.filename}:{frame.lineno}"
    )
    console.print(fault_text(fault, console.width if console.is_terminal else None), soft_wrap=True)


def _wrapped(text: str, width: int | None, used: int = INDENT) -> str:
    """Return the text's lines under their label; without a width nothing is wrapped."""
    found: list[str] = []
    for line in printable(text).splitlines() or [""]:
        found.extend(_wrap(line, width, used if not found else INDENT))
    return ("\n" + " " * INDENT).join(found)


def _wrap(line: str, width: int | None, used: int) -> list[str]:
    if width is None or len(line) + used <= width:
        return [line]
    room = max(20, width - INDENT)
    first = " " * max(0, used - INDENT)
    own = line[: len(line) - len(line.lstrip())]
    wrapped = textwrap.wrap(
        line, room, initial_indent=first, subsequent_indent=own,
        break_long_words=False, break_on_hyphens=False, drop_whitespace=True,
    )  # fmt: skip
    return [wrapped[0][len(first) :], *wrapped[1:]] if wrapped else [line]
