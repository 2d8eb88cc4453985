"""An evaluation as a person reads it: metrics, each class, and which classes are confused."""

from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text

from hpsearch.analysis import ConfusionMatrix, Interval, Outcome
from hpsearch.cli.output import facts
from hpsearch.common.text import count, number
from hpsearch.display.columns import GAP, Column, cut, lines, metric_column

LONGEST_NAME = 24
"""Characters of a class's name; the figures beside it matter more."""

MOST_CONFUSIONS = 10
"""Lines of a confusion matrix that is too wide to be shown whole."""


def evaluation_text(outcome: Outcome, width: int) -> list[RenderableType]:
    """Return what is printed, no line longer than `width`."""
    rows: list[tuple[str, Text | str]] = []
    for name, value in outcome.metrics.items():
        interval = outcome.intervals.get(name)
        said = f"   95% between {_ends(interval)}" if interval else ""
        rows.append((name, f"{number(value, 6)}{said}"))
    parts: list[RenderableType] = [*facts(rows, width)] if rows else []
    if outcome.confusion is not None:
        parts += ["", *_classes(outcome.confusion, width), ""]
        parts += _matrix(outcome.confusion, width) or _confusions(outcome.confusion, width)
    return parts


def _classes(matrix: ConfusionMatrix, width: int) -> list[Text]:
    scores = matrix.scores
    columns = [
        Column("class", [cut(score.name, LONGEST_NAME) for score in scores]),
        metric_column("support", [str(score.support) for score in scores]),
        metric_column("precision", [number(score.precision) for score in scores]),
        Column("95%", [_short(score.precision_interval) for score in scores], _dim(scores)),
        metric_column("recall", [number(score.recall) for score in scores]),
        Column("95%", [_short(score.recall_interval) for score in scores], _dim(scores)),
        metric_column("F1", [number(score.f1) for score in scores]),
    ]
    return lines(columns, width)


def _matrix(matrix: ConfusionMatrix, width: int) -> list[Text]:
    """Return the matrix, or nothing if it is wider than the terminal."""
    names = [cut(name, LONGEST_NAME) for name in matrix.classes]
    columns = [Column("true", names, ["bold"] * len(names), right=True)]
    for index, name in enumerate(names):
        cells = [row[index] for row in matrix.counts]
        styles = ["green" if at == index else "yellow" for at in range(len(cells))]
        columns.append(Column(name, [str(cell or "·") for cell in cells], styles, right=True))
    if sum(column.width + len(GAP) for column in columns) - len(GAP) > width:
        return []
    title = Text("what each class (row) was taken for (column):", "dim")
    return [title, *lines(columns, width)]


def _confusions(matrix: ConfusionMatrix, width: int) -> list[Text]:
    """Return the most frequent mistakes."""
    found = [
        (times, matrix.classes[row], matrix.classes[column])
        for row, counts in enumerate(matrix.counts)
        for column, times in enumerate(counts)
        if times and row != column
    ]
    found.sort(key=lambda one: -one[0])
    mistakes = sum(times for times, _, _ in found)
    shown = found[:MOST_CONFUSIONS]
    kinds = count(len(found), "kind")
    title = f"{count(mistakes, 'mistake')} of {kinds}; the most frequent (`--json` has all):"
    columns = [
        metric_column("count", [str(times) for times, _, _ in shown]),
        Column("true", [cut(true, LONGEST_NAME) for _, true, _ in shown]),
        Column("taken for", [cut(taken, LONGEST_NAME) for _, _, taken in shown]),
    ]
    return [Text(title, "dim"), *(lines(columns, width) if shown else [])]


def _ends(interval: Interval) -> str:
    return f"{number(interval[0])} and {number(interval[1])}"


def _short(interval: Interval | None) -> str:
    return f"{interval[0]:.3f}–{interval[1]:.3f}" if interval else ""


def _dim(rows: Sequence[object]) -> list[str]:
    return ["dim"] * len(rows)
