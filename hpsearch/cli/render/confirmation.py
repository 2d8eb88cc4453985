"""A confirmation as a person reads it, and as `--json` prints it."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType
from rich.text import Text

from hpsearch.analysis import Contender, ends, searched, shown_names
from hpsearch.cli.output import facts
from hpsearch.common.goal import Goal
from hpsearch.common.text import count, listed, number, parameter
from hpsearch.display.columns import Column, lines, metric_column
from hpsearch.usecases import trial_data

if TYPE_CHECKING:
    from hpsearch.usecases import Confirmation


def confirmation_text(found: "Confirmation", width: int) -> list[RenderableType]:
    """Return the comparison, the verdict and the final model."""
    metric, seeds = found.study.experiment.goals[0].metric, count(len(found.choice.seeds), "seed")
    title = Text(f"{metric} over {seeds}, the same ones for every configuration:", "dim")
    return [title, *_table(found, width), "", *facts(_facts(found), width)]


def remarks(found: "Confirmation", top: int, options: Sequence[str]) -> list[str]:
    """Return what a person should know besides the numbers."""
    said = []
    compared = len(found.choice.trials)
    if compared < top:
        said.append(f"the search has {count(compared, 'different configuration')} to compare")
    if found.choice.newer:
        newer = listed(trial.number for trial in found.choice.newer)
        name = found.study.experiment.name
        again = shlex.join(["hpsearch", "confirm", name, "--fresh", *options])
        said.append(f"the search has better trials since: {newer}; `{again}` starts again")
    for one in found.verdict.ranked:
        if one.failed:
            seeds = count(len(one.failed), "seed")
            said.append(f"trial {one.trial.number} failed for {seeds}: {one.failed[0].reason}")
        if one.interval is not None and one.interval[0] == one.interval[1]:
            said.append(f"trial {one.trial.number} has the same value for every seed")
    if found.unrecorded:
        missed = count(found.unrecorded, "trial")
        said.append(f"MLflow lacks {missed}; the next `hpsearch confirm` writes the missing ones")
    return said


def confirmation_data(found: "Confirmation") -> dict[str, Any]:
    """Return all of it as plain data."""
    goals, final = found.study.experiment.goals, found.final
    winner = found.verdict.winner
    return {
        "study": found.study.experiment.name,
        "objective": goals[0].as_data(),
        "seeds": list(found.choice.seeds),
        "configurations": [_contender_data(one, goals) for one in found.verdict.ranked],
        "verdict": found.verdict.text,
        "winner": winner.trial.number if winner else None,
        "tied_with": [one.trial.number for one in found.verdict.tied],
        "better_since": [trial.number for trial in found.choice.newer],
        "final": None
        if final is None
        else {
            "trial": final.record.original,
            "seed": final.record.seed,
            "trained_on_validation_data": final.on_all,
            "training": trial_data(final.record, ()),
        },
        "test": final.evaluation if final else None,
        "registered_model": found.model,
        "tracking_uri": found.tracking,
        "not_in_mlflow": found.unrecorded,
    }


def _contender_data(one: Contender, goals: Sequence[Goal]) -> dict[str, Any]:
    return {
        "trial": one.trial.number,
        "search_value": one.trial.values[0],
        "mean": one.mean,
        "means": {goal.metric: one.mean_of(index) for index, goal in enumerate(goals)},
        "interval_95": one.interval,
        "values": {str(training.seed): training.values[0] for training in one.complete},
        "failed": {str(training.seed): training.reason for training in one.failed},
        "params": one.trial.shown_params,
    }


def _table(found: "Confirmation", width: int) -> list[Text]:
    """Return one line for each configuration, then as many parameters that differ as fit."""
    rows = found.verdict.ranked
    best = ["bold" if one is found.verdict.winner else "" for one in rows]
    columns = [
        metric_column("rank", [str(rank) for rank in range(1, len(rows) + 1)], best),
        metric_column("trial", [str(one.trial.number) for one in rows], best),
        metric_column("in the search", [number(one.trial.values[0]) for one in rows]),
        metric_column("mean", [number(one.mean) for one in rows], best),
        Column("95% interval", [ends(one.interval) for one in rows]),
        metric_column("seeds", [_seeds(one) for one in rows]),
        *_other_means(found, rows),
        *_differing(found, rows),
    ]
    return lines(columns, width)


def _other_means(found: "Confirmation", rows: Sequence[Contender]) -> Iterator[Column]:
    """Yield the means of the objectives that decide nothing."""
    for index, goal in enumerate(found.study.experiment.goals[1:], start=1):
        yield metric_column(f"mean {goal.metric}", [number(one.mean_of(index)) for one in rows])


def _seeds(one: Contender) -> str:
    every = len(one.complete) + len(one.failed)
    return f"{len(one.complete)} of {every}" if one.failed else str(every)


def _differing(found: "Confirmation", rows: Sequence[Contender]) -> Iterator[Column]:
    """Yield the hyperparameters that are not the same everywhere."""
    experiment = found.study.experiment
    values = [searched(one.trial, experiment) for one in rows]
    for name in shown_names(experiment):
        if len({repr(one.get(name)) for one in values}) > 1:
            cells = [parameter(one[name]) if name in one else "" for one in values]
            yield Column(name, cells, ["dim"] * len(cells), right=True)


def _facts(found: "Confirmation") -> "list[tuple[str, Text | str]]":
    verdict = found.verdict
    rows: list[tuple[str, Text | str]] = [("verdict", Text(verdict.text, "bold"))]
    winner = verdict.winner
    if winner is None:
        return rows
    goals = found.study.experiment.goals
    if goals[1:]:
        others = " and ".join(goal.metric for goal in goals[1:])
        rows.append(("decided by", f"{goals[0].label} alone, whatever {others} came to"))
    rows.append(("", f"trial {winner.trial.number}: {_selection_bias(winner)}"))
    if found.final is not None:
        trained = "on training and validation data" if found.final.on_all else _MEDIAN
        rows.append(("final model", f"trial {winner.trial.number}, trained {trained}"))
        rows += _tested(found.final.evaluation, found.final.problem)
    rows += [("registered", found.model)] if found.model else []
    return [*rows, ("MLflow", found.tracking)]


_MEDIAN = "as in the search, from the median seed (there is no `train_final` next to `train`)"


def _selection_bias(winner: Contender) -> str:
    bias = winner.selection_bias or 0.0
    once, mean = number(winner.trial.values[0]), number(winner.mean)
    found = f"{once} in the search, {mean} over the seeds"
    if bias <= 0:
        return f"{found}; the search did not overstate it"
    return f"{found}; the search overstated it by {number(bias, 2)}"


def _tested(evaluation: Mapping[str, Any] | None, problem: str) -> "list[tuple[str, Text | str]]":
    if evaluation is None:
        return [("test set", f"not looked at: {problem}")]
    intervals = evaluation["intervals_95"]
    said = [
        f"{name} {number(value, 6)}"
        + (
            f" (95% between {number(intervals[name][0])} and {number(intervals[name][1])})"
            if name in intervals
            else ""
        )
        for name, value in evaluation["metrics"].items()
    ]
    examples = f", {evaluation['examples']} examples" if evaluation["examples"] else ""
    return [("test set", ", ".join(said)), ("", f"looked at once, on {_day(evaluation)}{examples}")]


def _day(evaluation: Mapping[str, Any]) -> str:
    return str(evaluation["evaluated"]).partition("T")[0]
