"""How the best value was reached, or the Pareto front if there are several objectives."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from hpsearch.common.text import count
from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.reports.canvas import (
    ACCENT,
    COMPLETE,
    FAILED,
    INFEASIBLE,
    MUTED,
    PRUNED,
    Picture,
    label,
    plot,
)
from hpsearch.reports.subject import Subject, usual_range

MARKS = {
    TrialState.COMPLETE: (COMPLETE, "o", 26),
    TrialState.PRUNED: (PRUNED, "v", 18),
    TrialState.FAILED: (FAILED, "x", 22),
    TrialState.INFEASIBLE: (INFEASIBLE, "s", 16),
}
"""Colour, shape and size of a trial by its state; the shapes are for people who see no colours."""


def history(subject: Subject) -> Picture:
    """Return the values of all trials by number, and the best so far; or the Pareto front."""
    if len(subject.experiment.goals) > 1:
        return _pareto(subject)
    picture, axes = plot("history", "Optimisation history")
    valued = [record for record in subject.records if record.values and record.state in MARKS]
    for state in (TrialState.PRUNED, TrialState.INFEASIBLE, TrialState.COMPLETE):
        _scatter(picture, axes, subject, [r for r in valued if r.state is state])
    _best_so_far(picture, axes, subject)
    _cut_off(picture, axes, subject, valued)
    _mark_failures(picture, axes, subject)
    axes.set_xlabel("trial")
    axes.set_ylabel(label(subject.goal.metric, 40))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    _legend(axes)
    return picture


def _best_so_far(picture: Picture, axes: Axes, subject: Subject) -> None:
    better: list[TrialRecord] = []
    for record in subject.complete:
        if not better or subject.goal.is_better(record.values[0], better[-1].values[0]):
            better.append(record)
    if not better:
        return
    x = [record.number for record in better]
    y = [record.values[0] for record in better]
    end = [*x, subject.records[-1].number], [*y, y[-1]]
    axes.step(*end, where="post", color=ACCENT, linewidth=1.8, label="best so far", zorder=3)
    marks = axes.scatter(x, y, s=34, color=ACCENT, zorder=4)
    picture.tell(marks, better, subject.tip)


def _cut_off(picture: Picture, axes: Axes, subject: Subject, valued: Sequence[TrialRecord]) -> None:
    """Leave out values far worse than most, and say how many."""
    shown = usual_range([record.values[0] for record in valued], subject.goal)
    if shown:
        axes.set_ylim(shown)
        outside = sum(not shown[0] <= r.values[0] <= shown[1] for r in valued)
        picture.note(f"Not shown: {count(outside, 'trial')} far worse than most.")


def _mark_failures(picture: Picture, axes: Axes, subject: Subject) -> None:
    """Mark failed trials at the lower edge: they have a number, and no value."""
    failed = [record for record in subject.records if record.state is TrialState.FAILED]
    if not failed:
        return
    marks = axes.scatter(
        [record.number for record in failed],
        [0.015] * len(failed),
        transform=axes.get_xaxis_transform(),
        color=FAILED,
        marker="|",
        label="failed",
        clip_on=False,
    )
    picture.tell(marks, failed, subject.tip)


def _pareto(subject: Subject) -> Picture:
    first, *others = subject.experiment.goals
    picture, axes = plot("history", "Pareto front", height=3.6 * len(others))
    panes = [axes]
    if len(others) > 1:
        axes.remove()
        panes = list(picture.figure.subplots(len(others)))
    for index, (pane, other) in enumerate(zip(panes, others, strict=True), start=1):
        _scatter(picture, pane, subject, subject.complete, objectives=(0, index), colour=MUTED)
        _scatter(picture, pane, subject, subject.front, objectives=(0, index), colour=ACCENT)
        pane.set_xlabel(f"{label(first.metric, 40)} ({first.direction})")
        pane.set_ylabel(f"{label(other.metric, 40)} ({other.direction})")
    if subject.complete:
        front = count(len(subject.front), "trial")
        picture.note(
            f"In colour: {front}; no other is as good in every objective and better in one."
        )
    return picture


def _scatter(
    picture: Picture,
    axes: Axes,
    subject: Subject,
    records: list[TrialRecord],
    *,
    objectives: tuple[int, int] | None = None,
    colour: str = "",
) -> None:
    """Draw trials by number and value, or by two objectives."""
    if not records:
        return
    own, shape, size = MARKS[records[0].state]
    x, y = objectives or (0, 0)
    marks = axes.scatter(
        [record.values[x] if objectives else record.number for record in records],
        [record.values[y] for record in records],
        s=size * min(1.0, max(0.25, 300 / len(records))),
        c=colour or own,
        marker=shape,
        alpha={ACCENT: 1.0, MUTED: 0.4}.get(colour, 0.75),
        linewidths=0,
        label=str(records[0].state) if not colour else None,
    )
    picture.tell(marks, records, subject.tip)


def _legend(axes: Axes) -> None:
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper left", bbox_to_anchor=(0, 1.12), ncols=5, labelcolor=MUTED)
