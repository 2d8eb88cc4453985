"""A study, and one trial of it, as `show` prints them."""

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from hpsearch.analysis import schedule_of, searched, states, why_none_stopped
from hpsearch.cli.options import studies_options
from hpsearch.cli.output import facts
from hpsearch.cli.render.strategies import strategies_text
from hpsearch.cli.render.tables import (
    curve_table,
    metric_constraints,
    objective_text,
    reasons_table,
    trials_table,
)
from hpsearch.common.logs import last_lines
from hpsearch.common.text import duration, listed, parameter, parameters, printable, values
from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.display.curve import curve_chart
from hpsearch.display.drawing import STATE_STYLES
from hpsearch.experiment import Experiment
from hpsearch.store import waiting_suggestions
from hpsearch.strategies import strategies_of
from hpsearch.usecases import describe_warm_start, moment

if TYPE_CHECKING:
    from hpsearch.usecases import StudyView

Facts = list[tuple[str, Text | str]]

MOST_OF_FRONT = 10
"""So many trials of a Pareto front are shown; `--json` has all."""


def study_text(view: "StudyView", width: int) -> list[RenderableType]:
    """Return the study, its long table first: what matters most comes last."""
    tables = [trials_table(view, width), reasons_table(view, width)]
    parts: list[RenderableType] = []
    for table in tables:
        parts += [*table, ""] if table else []
    return [*parts, *_failing(view), *facts(_study_facts(view), width)]


def _failing(view: "StudyView") -> list[RenderableType]:
    lines = [Text(f"  {part}") for part in view.failing_parts]
    return [Text("what fails", "bold"), *lines, ""] if lines else []


def trial_text(view: "StudyView", record: TrialRecord, width: int) -> list[RenderableType]:
    """Return a trial: its result, its hyperparameters, its curve, and its traceback."""
    parts: list[RenderableType] = [*facts(_trial_facts(view, record), width)]
    chart = curve_chart(record, view.experiment.goals[0], width)
    parts += ["", *chart] if chart else []
    curve = curve_table(record, view.experiment, width)
    parts += ["", *curve] if curve else []
    parts += ["", printable(record.traceback).rstrip()] if record.traceback else []
    if record.state is TrialState.FAILED:
        printed = last_lines(view.logs.tail(record.number, record.attempt))
        parts += ["", Text(printed)] if printed else []
    return parts


def _study_facts(view: "StudyView") -> Facts:
    counted = states(view.records)
    left = counted.pop("unfinished")
    amounts = [f"{amount} {state}" for state, amount in counted.items() if amount]
    amounts += [f"{left} {'unfinished' if view.running else 'can be resumed'}"] if left else []
    rows: Facts = [
        ("study", f"{view.store.name}: {view.standing}"),
        ("begun from", view.identity.begun_from),
        ("objective", objective_text(view.experiment)),
        *_nonempty("constraints", metric_constraints(view.experiment)),
        *_nonempty("parameters", ", ".join(view.experiment.parameter_constraints)),
        ("trials", ", ".join(amounts) or "none"),
        *_nonempty("pruner", why_none_stopped(view.records, view.experiment)),
        *_nonempty("strategies", strategies_text(strategies_of(view.as_read.attributes))),
        *_nonempty("suggested", _suggestions(view)),
        *_nonempty("imported", _numbers([one.number for one in view.records if one.imported])),
        *_nonempty("outside", _numbers([one.number for one in view.records if one.outside])),
        *[("warm start", one) for one in describe_warm_start(view.store, view.experiment)],
    ]
    if view.best is None:
        return [*rows, ("best", Text("no trial is complete", "yellow"))]
    if len(view.experiment.goals) > 1:
        return [*rows, *_front(view)]
    params = parameters(searched(view.best, view.experiment))
    return [*rows, ("best", _best(view, view.best)), *([("", params)] if params else [])]


def _front(view: "StudyView") -> Facts:
    """Return the Pareto front, two lines for each trial."""
    found: Facts = []
    for record in view.front[:MOST_OF_FRONT]:
        label = "" if found else "Pareto front"
        params = parameters(searched(record, view.experiment))
        found += [(label, _best(view, record)), *([("", params)] if params else [])]
    more = len(view.front) - MOST_OF_FRONT
    return [*found, *([("", f"and {more} more, in bold above")] if more > 0 else [])]


def _suggestions(view: "StudyView") -> str:
    """Return which trials people suggested, and how many suggestions wait."""
    tried = [record.number for record in view.records if record.suggested]
    waiting = len(waiting_suggestions(view.store))
    parts = [f"trial{'s' * (len(tried) > 1)} {listed(tried)}"] if tried else []
    return "; ".join([*parts, f"{waiting} to be tried next"] if waiting else parts)


def _numbers(trials: Sequence[int]) -> str:
    return f"trial{'s' * (len(trials) > 1)} {listed(trials)}" if trials else ""


def _best(view: "StudyView", best: TrialRecord) -> Text:
    found = values(best, view.experiment.goals, 6)
    return Text.assemble((found, "bold green"), f"  trial {best.number}{_at_step(best)}")


def _trial_facts(view: "StudyView", record: TrialRecord) -> Facts:
    is_best = view.best is not None and view.best.number == record.number
    state = Text.assemble((view.state_of(record), STATE_STYLES[record.state]))
    title = f"{record.number} of {view.store.name}" + (", the best" if is_best else "")
    title += ", suggested" if record.suggested else ""
    title += f", started {record.origin}" if record.parent is not None else ""
    title += f", imported from {record.imported}" if record.imported else ""
    rows: Facts = [("trial", title)]
    rows += [("state", state), *_nonempty("reason", record.reason)]
    rows += _nonempty("outside", record.outside)
    if not record.state.is_finished and record.last_step is not None:
        rows += [("last step", str(record.last_step))]
    rows += _nonempty("value", values(record, view.experiment.goals, 6) + _at_step(record))
    rows += [
        ("params" if i == 0 else "", text)
        for i, text in enumerate(_params(record, view.experiment))
    ]
    rows += _schedule(view, record)
    rows += [("began", _began(record)), *_nonempty("ended", moment(record.finished))]
    rows += [("training", duration(record.seconds)), *_nonempty("where", _place(record))]
    rows += _nonempty("code", record.place.code if record.place else "")
    rows += [("seed", str(record.seed)), ("attempt", str(record.attempt))]
    return [*rows, *_nonempty("printed", _logs_command(view, record))]


def _schedule(view: "StudyView", record: TrialRecord) -> Facts:
    """Return a line for each stretch of a trial that started from another one."""
    names = [*view.experiment.space]
    lines = [stretch.words(names) for stretch in schedule_of(record, view.records)]
    return [("" if index else "schedule", line) for index, line in enumerate(lines)]


def _logs_command(view: "StudyView", record: TrialRecord) -> str:
    """Return the command that shows what the trial printed, nothing if it is not kept."""
    if not view.logs.attempts(record.number):
        return ""
    studies = shlex.join(studies_options(view.store.store_address))
    return f"hpsearch logs {view.store.name} --trial {record.number} {studies}".strip()


def _began(record: TrialRecord) -> str:
    is_enqueued = record.state is TrialState.WAITING
    return "not yet: it was enqueued" if is_enqueued else moment(record.started) or "-"


def _params(record: TrialRecord, experiment: Experiment) -> list[str]:
    params = experiment.space.with_lists(record.shown_params)
    width = max(map(len, params), default=0)
    return [f"{name:<{width}}  {parameter(value)}" for name, value in params.items()]


def _nonempty(label: str, text: str | None) -> Facts:
    return [(label, text)] if text else []


def _at_step(record: TrialRecord) -> str:
    return f" at step {record.value_step}" if record.value_step is not None else ""


def _place(record: TrialRecord) -> str:
    place = record.place
    return f"{place.device} on {place.host}, process {place.process}" if place else ""
