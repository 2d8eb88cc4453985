"""Learning curves, and at which step and why trials stopped."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from hpsearch.common.goal import has_value
from hpsearch.common.text import count
from hpsearch.common.trial import TrialRecord
from hpsearch.reports.canvas import ACCENT, MUTED, Picture, label, plot
from hpsearch.reports.history import MARKS
from hpsearch.reports.subject import Subject, usual_range

MOST_CURVES = 150
"""Curves in one picture: the best ones, and the others evenly by number."""
BEST_CURVES = 50
MOST_POINTS = 120
"""Points of one curve: evenly, with the first and the last one."""

Point = tuple[int, float]


def learning_curves(subject: Subject) -> Picture:
    """Return the first objective by step: one line a trial, with a mark at its end."""
    picture, axes = plot("curves", "Learning curves", height=4.2)
    drawn = _chosen(subject)
    curves = {record.number: _curve(record, subject) for record in drawn}
    drawn = [record for record in drawn if curves[record.number]]
    for state, (colour, _, _) in MARKS.items():
        found = [r for r in drawn if r.state is state and r is not subject.best]
        _lines(
            axes, [curves[r.number] for r in found], str(state), colour=colour, width=1, alpha=0.4
        )
        _ends(picture, axes, subject, found, curves)
    if subject.best is not None and subject.best in drawn:
        _best(picture, axes, subject.tip(subject.best), subject.best, curves)
    _frame(picture, axes, subject, [value for c in curves.values() for _, value in c])
    measured = sum(bool(record.measurements) for record in subject.records)
    if len(drawn) < measured:
        picture.note(
            f"{len(drawn)} of {count(measured, 'curve')} are drawn: the best {BEST_CURVES} "
            "complete ones, and others evenly by number."
        )
    return picture


def _chosen(subject: Subject) -> list[TrialRecord]:
    if len(subject.records) <= MOST_CURVES:
        return list(subject.records)
    best = subject.ranked[:BEST_CURVES]
    numbers = {record.number for record in best}
    others = [r for r in subject.records if r.measurements and r.number not in numbers]
    room = MOST_CURVES - len(best)
    return best + [others[int(i * len(others) / room)] for i in range(min(room, len(others)))]


def _curve(record: TrialRecord, subject: Subject) -> list[Point]:
    goal = subject.goal
    points = [(m.step, m.metrics[goal.metric]) for m in record.measurements if has_value(m, goal)]
    every = -(-len(points) // MOST_POINTS) or 1
    return points[::every] + points[-1:] if every > 1 else points


def _lines(
    axes: Axes,
    found: Sequence[list[Point]],
    title: str,
    *,
    colour: str,
    width: float,
    alpha: float,
) -> None:
    if found:
        lines = LineCollection(found, colors=colour, linewidths=width, alpha=alpha, label=title)
        axes.add_collection(lines)


def _ends(
    picture: Picture,
    axes: Axes,
    subject: Subject,
    records: list[TrialRecord],
    curves: dict[int, list[Point]],
) -> None:
    """Mark the ends of trials; the hover text says why."""
    if not records:
        return
    colour, shape, size = MARKS[records[0].state]
    ends = [curves[record.number][-1] for record in records]
    steps, found = zip(*ends, strict=True)
    marks = axes.scatter(steps, found, s=size, c=colour, marker=shape, alpha=0.9)
    step = {record.number: end[0] for record, end in zip(records, ends, strict=True)}
    picture.tell(marks, records, lambda r: f"{subject.tip(r)}\nended at step {step[r.number]}")


def _best(
    picture: Picture, axes: Axes, tip: str, best: TrialRecord, curves: dict[int, list[Point]]
) -> None:
    """Draw the best trial with a mark at each of its steps."""
    curve = curves[best.number]
    _lines(axes, [curve], f"the best, trial {best.number}", colour=ACCENT, width=2.2, alpha=1)
    steps, quality = zip(*curve, strict=True)
    marks = axes.scatter(steps, quality, s=14, color=ACCENT, zorder=4)
    picture.tell(marks, curve, lambda point: f"{tip}\nstep {point[0]}: {point[1]:.6g}")


def _frame(picture: Picture, axes: Axes, subject: Subject, found: list[float]) -> None:
    axes.autoscale_view()
    shown = usual_range(found, subject.goal) if found else None
    if shown:
        axes.set_ylim(shown)
        picture.note("Values far worse than most are not shown.")
    axes.set_xlabel("step")
    axes.set_ylabel(label(subject.goal.metric, 40))
    if found:
        axes.legend(loc="upper left", bbox_to_anchor=(0, 1.1), ncols=4, labelcolor=MUTED)
