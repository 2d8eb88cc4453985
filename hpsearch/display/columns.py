"""A table as plain lines that always fits: what has no room is left out, the last column is cut.

Not rich's Table, which squeezes all columns at once and wraps them into a mess on 80 columns.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from hpsearch.common.text import printable

GAP = "  "
_PLAIN = Console(file=io.StringIO())
LEAST_FLEXIBLE = 16
"""A flexible column gets at least so much room, or is left out."""

WIDE = 100
"""From this width on, a flexible column's room is kept for it; below, the others come first."""


@dataclass(frozen=True)
class Column:
    """A column: its title, a text for each row, and how they look.

    A `flexible` one takes the room that is left and is cut there; at most the last one may be.
    """

    title: str
    cells: Sequence[str]
    styles: Sequence[str] = ()
    right: bool = False
    flexible: bool = False

    @property
    def width(self) -> int:
        """Columns of the terminal that it needs."""
        return max(map(cell_len, (self.title, *self.cells)))

    def style(self, row: int) -> str:
        """Return the style of a row's cell."""
        return self.styles[row] if self.styles else ""


def metric_column(title: str, cells: Sequence[str], styles: Sequence[str] = ()) -> Column:
    """Return a column of numbers."""
    return Column(title, cells, styles, right=True)


def fitting(columns: Sequence[Column], width: int) -> list[Column]:
    """Return the first columns that fit; the flexible one comes last, its room is kept if wide."""
    taken: list[Column] = []
    flexible = [column for column in columns if column.flexible]
    kept = sum(_least(column) + len(GAP) for column in flexible) if width >= WIDE else 0
    for column in (column for column in columns if not column.flexible):
        if taken and _used(taken) + column.width + kept > width:
            break
        taken.append(column)
    return taken + [column for column in flexible if _used(taken) + _least(column) <= width]


def lines(columns: Sequence[Column], width: int, *, title: bool = True) -> list[Text]:
    """Return the table's lines, none longer than `width`, its columns chosen by `fitting`."""
    chosen = fitting(columns, width)
    widths = [column.width for column in chosen]
    if chosen and chosen[-1].flexible:
        widths[-1] = min(widths[-1], width - _used(chosen[:-1]))
    rows = len(chosen[0].cells) if chosen else 0
    found = [_titles(columns, chosen, widths, width)] if title else []
    for row in range(rows):
        cells = [(column.cells[row], column.style(row)) for column in chosen]
        found.append(_line(cells, chosen, widths, width))
    return found


def cut(text: str, width: int) -> str:
    """Return one line of a text, with `…` if it is longer than `width`."""
    line = " ".join(printable(text).split())
    return line if cell_len(line) <= width else set_cell_size(line, max(0, width - 1)) + "…"


def wrapped(text: str, width: int) -> list[str]:
    """Return a text as lines of at most `width`, broken between words."""
    lines = Text(" ".join(printable(text).split())).wrap(_PLAIN, width)
    return [line.plain.rstrip() for line in lines]


def _least(column: Column) -> int:
    return min(column.width, LEAST_FLEXIBLE)


def _used(columns: Sequence[Column]) -> int:
    return sum(column.width + len(GAP) for column in columns)


def _titles(
    columns: Sequence[Column], chosen: Sequence[Column], widths: Sequence[int], width: int
) -> Text:
    """Return the line of titles; `+3` at its end says how many columns are left out."""
    line = _line([(column.title, "dim") for column in chosen], chosen, widths, width)
    left_out = len(columns) - len(chosen)
    mark = f"{GAP}+{left_out}"
    if left_out and line.cell_len + len(mark) <= width:
        line.append(mark, style="dim")
    return line


def _line(
    cells: Sequence[tuple[str, str]], columns: Sequence[Column], widths: Sequence[int], width: int
) -> Text:
    line = Text(no_wrap=True, overflow="ellipsis")
    for index, ((text, style), column, size) in enumerate(zip(cells, columns, widths, strict=True)):
        shown = cut(text, size)
        space = " " * (size - cell_len(shown))
        line.append(GAP if index else "")
        line.append(f"{space}{shown}" if column.right else f"{shown}{space}", style=style)
    line.rstrip()
    line.truncate(width, overflow="ellipsis")
    return line
