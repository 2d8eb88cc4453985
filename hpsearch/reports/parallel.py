"""All hyperparameters of the complete trials side by side."""

from collections.abc import Sequence
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap, Normalize

from hpsearch.common.trial import TrialRecord
from hpsearch.reports.canvas import CARD, GRID, INK, Picture, label, plot
from hpsearch.reports.subject import Axis, Subject, said_value, usual_range

MOST_AXES = 10
"""Hyperparameters side by side, the most important ones."""
ABSENT = -0.12
"""Height of a line whose trial has no such hyperparameter; the axes reach from 0 to 1."""

WORST_TO_BEST = LinearSegmentedColormap.from_list("values", ["#e0954a", "#b3609c", "#4a6fe0"])
"""Of medium lightness throughout, so that every line is visible on light and on dark."""


def parallel(subject: Subject) -> Picture:
    """Return one line a complete trial across all hyperparameters, in the colour of its value."""
    picture, pane = plot("parallel", "Parallel coordinates", height=4.4)
    axes = [Axis.of(name, subject.experiment.space[name]) for name in subject.names[:MOST_AXES]]
    records = subject.ranked[::-1]  # the best drawn last, on top
    found = [record.values[0] for record in records]
    columns = [
        *(_column(axis, records) for axis in axes),
        _Column(Axis(subject.goal.metric), found),
    ]
    shade = Normalize(*(usual_range(found, subject.goal) or (min(found), max(found))))
    shades = WORST_TO_BEST if subject.goal.direction == "maximize" else WORST_TO_BEST.reversed()
    lines = _lines(columns, shades(shade(found)))
    pane.add_collection(lines)
    picture.tell(lines, records, subject.tip)
    for index, column in enumerate(columns):
        column.draw(pane, index)
    pane.set_xticks(
        range(len(columns)), [_short(column.axis.name, len(columns)) for column in columns]
    )
    _bare(pane, len(columns))
    bar = picture.figure.colorbar(
        ScalarMappable(shade, shades), ax=pane, pad=0.02, aspect=30, extend=_beyond(shade, found)
    )
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=8)
    _parallel_notes(picture, subject)
    return picture


def _lines(columns: Sequence["_Column"], colours: Any) -> LineCollection:
    """Return a line for each trial; the more there are, the fainter they are."""
    lines = [
        [*enumerate(heights)] for heights in zip(*(one.heights for one in columns), strict=True)
    ]
    alpha = max(0.15, min(0.8, 40 / len(lines)))
    return LineCollection(lines, colors=colours, linewidths=1.1, alpha=alpha)


def _beyond(shade: Normalize, found: Sequence[float]) -> Literal["neither", "min", "max", "both"]:
    """Return at which ends of the colour scale values lie beyond it: an arrow marks them."""
    below, above = min(found) < (shade.vmin or 0.0), max(found) > (shade.vmax or 0.0)
    if below and above:
        return "both"
    return "min" if below else "max" if above else "neither"


class _Column:
    """One of the parallel axes: the height at which each trial crosses it, from 0 to 1."""

    def __init__(self, axis: Axis, found: Sequence[object]) -> None:
        """`found` has `_NONE` for a trial without such a value."""
        self.axis = axis
        places = [None if one is _NONE else axis.scaled(one) for one in found]
        present = [place for place in places if place is not None]
        self.low, self.high = min(present, default=0.0), max(present, default=1.0)
        if axis.choices:
            self.low, self.high = 0.0, float(len(axis.choices) - 1)
        self.heights = [ABSENT if place is None else self._height(place) for place in places]
        self.has_absent = len(present) < len(places)

    def draw(self, pane: Axes, index: int) -> None:
        """Draw the axis and the labels of its ends or choices."""
        pane.axvline(index, ymin=0.12, color=GRID, linewidth=1.2, zorder=0)
        texts = [(self._height(place), text) for place, text in enumerate(self.axis.choices)]
        if not texts:
            power = 10.0 if self.axis.log else None
            ends = [power**end if power else end for end in (self.low, self.high)]
            texts = [(0.0, said_value(ends[0])), (1.0, said_value(ends[1]))]
        if self.has_absent:
            texts.append((ABSENT, "none"))
        for height, text in texts[:20]:
            behind = {"facecolor": CARD, "alpha": 0.75, "linewidth": 0, "pad": 0.6}
            pane.text(
                index + 0.04,
                height,
                label(text, 9),
                fontsize=8,
                color=INK,
                va="center",
                bbox=behind,
            )

    def _height(self, place: float) -> float:
        return 0.5 if self.high == self.low else (place - self.low) / (self.high - self.low)


_NONE = object()


def _column(axis: Axis, records: Sequence[TrialRecord]) -> _Column:
    return _Column(axis, [record.params.get(axis.name, _NONE) for record in records])


def _short(name: str, columns: int) -> str:
    """Return a name for one of so many columns; of a nested one, its end."""
    most = max(8, 110 // columns - 2)
    line = label(name, 200)
    return line if len(line) <= most else "…" + line[1 - most :]


def _bare(pane: Axes, count: int) -> None:
    pane.set_xlim(-0.1, count - 0.5)
    pane.set_ylim(ABSENT - 0.06, 1.06)
    pane.set_yticks([])
    pane.grid(visible=False)
    pane.spines[:].set_visible(False)
    pane.tick_params(bottom=False, labelsize=8, labelcolor=INK)


def _parallel_notes(picture: Picture, subject: Subject) -> None:
    picture.note("Complete trials only; the colour is the value, blue is best.")
    if len(subject.names) > MOST_AXES:
        picture.note(f"The {MOST_AXES} most important of {len(subject.names)} hyperparameters.")
