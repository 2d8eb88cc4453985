"""The tables of `ls` and `show`, made to fit a width."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.text import Text

from hpsearch.analysis import reasons, searched, shown_names
from hpsearch.common.goal import Goal
from hpsearch.common.text import ago, listed, named, numbers, parameter, span
from hpsearch.common.trial import Measurement, TrialRecord
from hpsearch.display.columns import Column, lines, metric_column, wrapped
from hpsearch.display.drawing import STATE_STYLES
from hpsearch.engine import by_axis
from hpsearch.experiment import Experiment

if TYPE_CHECKING:
    from hpsearch.usecases import StudySummary, StudyView, UnreadableStudy

MOST_STEPS = 20
"""A curve of more steps is thinned out; `--json` has them all."""

STANDING_STYLES = {
    "unreadable": "red",
    "running": "cyan",
    "finished": "green",
    "failed": "red",
    "interrupted": "yellow",
    "imported": "cyan",
}


def studies_table(found: Sequence["StudySummary | UnreadableStudy"], width: int) -> list[Text]:
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


def _study_row(one: "StudySummary | UnreadableStudy") -> tuple[str, str, str, str, str, str]:
    from hpsearch.usecases import UnreadableStudy

    name = one.store.name
    if isinstance(one, UnreadableStudy):
        return name, "unreadable", "-", "-", "-", f"{one.fault.what} {one.fault.why}"
    facts, active = one.facts, one.facts["last_activity"]
    best = named(facts["best"]["values"]) if facts["best"] else "-"
    if facts["best"] and len(facts["objective"]) > 1:
        best += f" ({len(facts['pareto_front'])} on the front)"
    activity = ago(datetime.fromisoformat(active) if active else None)
    objective = ", ".join(Goal(**goal).label for goal in facts["objective"])
    return name, one.standing, _trials(facts), best, activity, objective


def trials_table(view: "StudyView", width: int) -> list[Text]:
    """Return one line for each trial: first its result, then as many parameters as fit."""
    rows, goals = view.records, view.experiment.goals
    best = {record.number for record in view.front}
    bold = ["bold" if row.number in best else "" for row in rows]
    objectives = [
        metric_column(
            goal.metric,
            numbers(_value(row, i, goals) for row in rows),
            bold,
        )
        for i, goal in enumerate(goals)
    ]
    columns = [
        metric_column("trial", [f"{row.number}" for row in rows], bold),
        Column("state", [*map(view.state_of, rows)], [STATE_STYLES[row.state] for row in rows]),
        *objectives,
        metric_column("at step", [_step(row) for row in rows]),
        metric_column("time", [span(row.seconds) for row in rows]),
        *_parents(rows),
        *_marked("suggested", [row.suggested for row in rows]),
        *_marked("imported", [bool(row.imported) for row in rows]),
        *_marked("outside", [bool(row.outside) for row in rows]),
        *_parameter_columns(view.experiment, rows),
        Column("reason", [row.reason for row in rows], ["dim"] * len(rows), flexible=True),
    ]
    return lines(columns, width)


def _value(record: TrialRecord, index: int, goals: Sequence[Goal]) -> float | None:
    """Return a trial's value; of one that is not over, the value so far."""
    if record.state.is_finished:
        return record.values[index] if index < len(record.values) else None
    return goals[index].value_of(record.measurements)


def _step(record: TrialRecord) -> str:
    """Return the step of a trial's value; of one that is not over, its last step."""
    step = record.value_step if record.state.is_finished else record.last_step
    return "-" if step is None else str(step)


def reasons_table(view: "StudyView", width: int) -> list[Text]:
    """Return how often trials ended for like reasons; a long reason takes several lines."""
    found = reasons(view.records)
    most = max((len(str(len(trials))) for trials in found.values()), default=0)
    parts: list[Text] = []
    for (state, reason), trials in found.items():
        numbers = f"trial{'s' * (len(trials) > 1)} {listed(trials)}"
        head = f"{len(trials):>{most}}  {state:<10}  "
        first, *rest = wrapped(f"{reason} ({numbers})", width - len(head))
        parts.append(
            Text.assemble(head[: most + 2], (head[most + 2 :], STATE_STYLES[state]), first)
        )
        parts += [Text(" " * len(head) + line) for line in rest]
    return parts


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


def _trials(facts: Mapping[str, Any]) -> str:
    over = sum(amount for state, amount in facts["counts"].items() if state != "unfinished")
    return f"{over}/{facts['budget_trials']}"


def objective_text(experiment: Experiment) -> str:
    """Return what is searched for, in words."""
    return ", ".join(goal.label for goal in experiment.goals)


def metric_constraints(experiment: Experiment) -> str:
    """Return what must hold of metrics; empty without constraints."""
    return ", ".join(one.label for one in experiment.goals[0].constraints)
