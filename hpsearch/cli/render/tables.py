"""The tables of `ls` and `show`, made to fit a width."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from hpsearch.analysis.overview import last_activity, reasons
from hpsearch.common.text import ago, listed, numbers, parameter, span, values
from hpsearch.common.trial import Measurement, TrialRecord
from hpsearch.display.columns import Column, cut, lines, metric_column
from hpsearch.display.drawing import STATE_STYLES
from hpsearch.experiment.schema import Experiment

if TYPE_CHECKING:
    from hpsearch.usecases import StudyView

MOST_STEPS = 20
"""A curve of more steps is thinned out; `--json` has them all."""

STANDING_STYLES = {"running": "cyan", "finished": "green", "to be continued": "yellow"}


def studies_table(views: Sequence["StudyView"], width: int) -> list[Text]:
    """Return one line for each study."""
    standings = [view.standing for view in views]
    best = [values(v.best, v.experiment.goals) if v.best else "-" for v in views]
    columns = [
        Column("study", [view.store.name for view in views], ["bold"] * len(views)),
        Column("standing", standings, [STANDING_STYLES[one] for one in standings]),
        Column("trials", [_trials(view) for view in views], right=True),
        Column("best", best),
        Column("last activity", [ago(last_activity(view.records)) for view in views]),
        Column("objective", [_objective(view.experiment) for view in views], flexible=True),
    ]
    return lines(columns, width)


def trials_table(view: "StudyView", width: int) -> list[Text]:
    """Return one line for each trial: first what it came to, then as many parameters as fit."""
    rows, goals = view.records, view.experiment.goals
    best = view.best.number if view.best else None
    bold = ["bold" if row.number == best else "" for row in rows]
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
        *(_parameter_column(name, rows) for name in view.experiment.space),
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
    """Return a trial's metrics by step, the best step marked; long curves are thinned out."""
    shown = thinned(record.measurements, record.best_step)
    objectives = [goal.metric for goal in experiment.goals]
    others = dict.fromkeys(name for m in shown for name in m.metrics)
    names = [*objectives, *(name for name in others if name not in objectives)]
    styles = ["bold green" if m.step == record.best_step else "" for m in shown]
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


def _parameter_column(name: str, rows: Sequence[TrialRecord]) -> Column:
    cells = [parameter(row.params[name]) if name in row.params else "" for row in rows]
    return Column(name, cells, right=True)


def _trials(view: "StudyView") -> str:
    over = sum(record.state.is_finished for record in view.records)
    return f"{over}/{view.experiment.budget.trials}"


def _objective(experiment: Experiment) -> str:
    return ", ".join(f"{goal.direction} {goal.metric}" for goal in experiment.goals)
