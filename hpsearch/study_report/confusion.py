"""The confusion matrix of an evaluation as a picture."""

from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, PowerNorm

from hpsearch.analysis import ConfusionMatrix
from hpsearch.study_report.canvas import ACCENT, INK, label, plot, png, style

MOST_NUMBERS = 30
"""Classes; with more, the cells have no room for numbers."""

SHADE = 0.4
"""Exponent of the shade: it makes the few mistakes of a good model visible."""


def confusion_png(matrix: ConfusionMatrix, title: str) -> bytes:
    """Return the matrix as PNG: shaded by the share of the row, with the counts in the cells."""
    size = len(matrix.classes)
    inches = min(20.0, 2.5 + 0.5 * size)
    with style():
        picture, axes = plot("confusion-matrix", title, inches, inches * 0.95)
        shares = [[count / (sum(row) or 1) for count in row] for row in matrix.counts]
        shades = LinearSegmentedColormap.from_list("shares", ["#ffffff", ACCENT])
        axes.imshow(shares, cmap=shades, norm=PowerNorm(SHADE, vmin=0, vmax=1))
        axes.grid(False)
        axes.set_xlabel("predicted class")
        axes.set_ylabel("true class")
        names = [label(name) for name in matrix.classes]
        axes.set_xticks(range(size), names, rotation=0 if max(map(len, names)) < 4 else 60)
        axes.set_yticks(range(size), names)
        if size <= MOST_NUMBERS:
            _write_counts(axes, matrix, shares)
        return png(picture)


def _write_counts(axes: Axes, matrix: ConfusionMatrix, shares: list[list[float]]) -> None:
    for y, row in enumerate(matrix.counts):
        for x, count in enumerate(row):
            colour = "white" if shares[y][x] > 0.5 else INK
            axes.text(x, y, str(count or ""), ha="center", va="center", color=colour, fontsize=9)
