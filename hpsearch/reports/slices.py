"""The value by each hyperparameter alone."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.reports.canvas import Picture, label, plot
from hpsearch.reports.history import MARKS
from hpsearch.reports.subject import Axis, Subject, said_value, usual_range

MOST_TIPS = 300
"""Marks with hover texts in a slice; a trial is in as many slices as there are hyperparameters."""


def slices(subject: Subject, names: Sequence[str]) -> Picture:
    """Return one pane for each of these hyperparameters: the value by it."""
    across = min(3, len(names))
    down = -(-len(names) // across)
    width = 2.87 * across if len(names) > 1 else 3.6
    picture, first = plot("slices", "Slices", width, 2.5 * down)
    first.remove()
    panes = picture.figure.subplots(down, across, squeeze=False, sharey=True)
    for pane in panes.flat[len(names) :]:
        pane.remove()
    valued = [r for r in subject.records if r.values and r.state in MARKS]
    shown = usual_range([r.values[0] for r in valued], subject.goal)
    for pane, name in zip(panes.flat, names, strict=False):
        _slice(picture, pane, subject, name, valued)
        if shown:
            pane.set_ylim(shown)
        if pane in panes[:, 0]:
            pane.set_ylabel(label(subject.goal.metric))
    picture.note("Circles are complete trials, triangles pruned ones.")
    return picture


def _slice(
    picture: Picture, pane: Axes, subject: Subject, name: str, valued: list[TrialRecord]
) -> None:
    axis = Axis.of(name, subject.experiment.space[name])
    for state in (TrialState.PRUNED, TrialState.COMPLETE):
        records = [r for r in valued if r.state is state and name in r.params and not r.outside]
        if not records:
            continue
        colour, shape, size = MARKS[state]
        x = np.array([axis.place(record.params[name]) for record in records])
        if axis.choices:  # shifted so that marks do not hide each other, the same each time
            x += 0.25 * np.sin(np.arange(len(x)) * 2.4)
        y = [record.values[0] for record in records]
        marks = pane.scatter(x, y, s=size * 0.6, c=colour, marker=shape, alpha=0.6, linewidths=0)
        picture.tell(marks, records, subject.tip, MOST_TIPS)
    _scale(pane, axis)
    pane.set_xlabel(label(name, 30))


def _scale(pane: Axes, axis: Axis) -> None:
    """Give a pane the scale, the ends and the ticks of a hyperparameter."""
    if axis.log:
        pane.set_xscale("log")
        pane.minorticks_off()
        pane.set_xticks(axis.ticks, [said_value(tick) for tick in axis.ticks])
    if axis.choices:
        pane.set_xticks(range(len(axis.choices)), [label(c, 8) for c in axis.choices])
        pane.set_xlim(-0.6, len(axis.choices) - 0.4)
    elif axis.ends[0] < axis.ends[1]:
        pane.set_xlim(axis.limits)
    if axis.whole and not axis.log:
        pane.xaxis.set_major_locator(MaxNLocator(5, integer=True))
