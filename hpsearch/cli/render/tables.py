"""The tables of `ls` and `show`, made to fit a width."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from hpsearch.analysis import last_activity, reasons, searched, shown_names
from hpsearch.common.text import ago, listed, numbers, parameter, span, values
from hpsearch.common.trial import Measurement, TrialRecord
from hpsearch.display.columns import Column, cut, lines, metric_column
from hpsearch.display.drawing import STATE_STYLES
from hpsearch.engine import by_axis
from hpsearch.experiment import Experiment

if TYPE_CHECKING:
    from hpsearch.usecases import StudyView, UnreadableStudy

MOST_STEPS = 20
"""A curve of more steps is thinned out; `--json` has them all."""

STANDING_STYLES = {
    "unreadable": "red",
    "running": "cyan",
    "finished": "green",
    "to be continued": "yellow",
}


def studies_table(found: Sequence["StudyView | UnreadableStudy"], width: int) -> list[Text]:
    """Return one line for each study; of one that cannot be read, why."""
    rows = [_study_row(one) for one in found]
    name, standing, trials, best, activity, objective = map(list, zip(*rows, strict=True))
    columns = [
        Column("study", name, ["bold"] * len(rows)),
        Column("standing", standing, [STANDING_STYLES[one] for one in standing]),
        Column("trials", trials, right=True),
        Column("best", best),
        Column("last activity", activity),
        Column("objective", objective, flexible=True),
    ]
    return lines(columns, width)


def _study_row(one: "StudyView | UnreadableStudy") -> tuple[str, str, str, str, str, str]:
    from hpsearch.usecases import UnreadableStudy

    name = one.store.name
    if isinstance(one, UnreadableStudy):
        return name, "unreadable", "-", "-", "-", f"{one.fault.what} {one.fault.why}"
    best = values(one.best, one.experiment.goals) if one.best else "-"
    activity = ago(last_activity(one.records))
    return name, one.standing, _trials(one), best, activity, objective_text(one.experiment)


def trials_table(view: "StudyView", width: int) -> list[Text]:
    """Return one line for each trial: first its result, then as many parameters as fit."""
    rows, goals = view.records, view.experiment.goals
    best = {record.number for record in view.front}
    bold = ["bold" if row.number in best else "" for row in rows]
    objectives = [
        metric_column(
            goal.metric,
            numbers(row.values[i] if i < len(row.values) else None for row in rows),
            bold,
        )
        for i, goal in enumerate(goals)
    ]
    columns = [
        metric_column("trial", [f"{row.number}" for row in rows], bold),
        Column("state", [row.state for row in rows], [STATE_STYLES[row.state] for row in rows]),
        *objectives,
        metric_column("at step", ["-" if r.best_step is None else str(r.best_step) for r in rows]),
        metric_column("time", [span(row.seconds) for row in rows]),
        *_parents(rows),
        *_marked("suggested", [row.suggested for row in rows]),
        *_marked("imported", [bool(row.imported) for row in rows]),
        *_marked("outside", [bool(row.outside) for row in rows]),
        *_parameter_columns(view.experiment, rows),
        Column("reason", [row.reason for row in rows], ["dim"] * len(rows), flexible=True),
    ]
    return lines(columns, width)


def reasons_table(view: "StudyView", width: int) -> list[Text]:
    """Return how often trials ended for like reasons."""
    found = reasons(view.records)
    columns = [
        metric_column("count", [str(len(trials)) for trials in found.values()]),
        Column("state", [state for state, _ in found], [STATE_STYLES[s] for s, _ in found]),
        Column("reason", [cut(reason, width - 40) for _, reason in found]),
        Column("trials", [listed(trials) for trials in found.values()], flexible=True),
    ]
    return lines(columns, width) if found else []


def curve_table(record: TrialRecord, experiment: Experiment, width: int) -> list[Text]:
    """Return a trial's metrics by step, the best step marked; what has other steps comes below."""
    curve, logged = by_axis(record.measurements)
    objectives = [goal.metric for goal in experiment.goals]
    above = _metrics_table(curve, objectives, record.best_step, width)
    below = _metrics_table(logged, [], None, width)
    return [*above, Text(), *below] if above and below else [*above, *below]


def _metrics_table(
    measurements: Sequence[Measurement], first: Sequence[str], best_step: int | None, width: int
) -> list[Text]:
    """Return metrics by step, those of `first` to the left; a long table is thinned out."""
    shown = thinned(measurements, best_step)
    others = dict.fromkeys(name for m in shown for name in m.metrics)
    names = [*first, *(name for name in others if name not in first)]
    styles = ["bold green" if m.step == best_step else "" for m in shown]
    columns = [
        metric_column("step", [str(m.step) for m in shown], styles),
        metric_column("time", [span(m.seconds) for m in shown], styles),
        *(metric_column(n, numbers(m.metrics.get(n) for m in shown), styles) for n in names),
    ]
    return lines(columns, width) if shown else []


def thinned(measurements: Sequence[Measurement], best_step: int | None) -> list[Measurement]:
    """Return at most about `MOST_STEPS` measurements: evenly, with the first, best and last one."""
    every = -(-len(measurements) // MOST_STEPS) or 1
    last = len(measurements) - 1
    return [
        measurement
        for index, measurement in enumerate(measurements)
        if index % every == 0 or index == last or measurement.step == best_step
    ]


def _parents(rows: Sequence[TrialRecord]) -> list[Column]:
    """Return the column of the trials that others started from; none if no trial did."""
    found = [f"{one.parent} at {one.from_step}" if one.parent is not None else "" for one in rows]
    return [Column("from trial", found)] if any(found) else []


def _marked(name: str, marks: Sequence[bool]) -> list[Column]:
    """Return the column that marks some of the trials; none if no trial has the mark."""
    return [Column(name, ["yes" if one else "" for one in marks])] if any(marks) else []


def _parameter_columns(experiment: Experiment, rows: Sequence[TrialRecord]) -> Iterator[Column]:
    found = [searched(row, experiment) for row in rows]
    for name in shown_names(experiment):
        cells = [parameter(one[name]) if name in one else "" for one in found]
        yield Column(name, cells, right=True)


def _trials(view: "StudyView") -> str:
    over = sum(record.state.is_finished for record in view.records)
    return f"{over}/{view.experiment.budget.trials}"


def objective_text(experiment: Experiment) -> str:
    """Return what is searched for, in words."""
    return ", ".join(goal.label for goal in experiment.goals)


def constraints_text(experiment: Experiment) -> str:
    """Return what must hold, of metrics and of hyperparameters; empty without constraints."""
    metrics = [one.label for one in experiment.goals[0].constraints]
    return ", ".join([*metrics, *experiment.parameter_constraints])
