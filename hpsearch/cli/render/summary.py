"""The end of `hpsearch run`, for a person: the result, where it is, and how to resume."""

import shlex
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from hpsearch.analysis import pareto_front, searched, states
from hpsearch.cli.output import facts
from hpsearch.common.goal import best_trained
from hpsearch.common.text import count, duration, listed, parameters, values
from hpsearch.common.trial import TrialState
from hpsearch.store.documents import REPORT

if TYPE_CHECKING:
    from hpsearch.usecases import Result


def show_summary(console: Console, result: "Result", again: list[str], options: list[str]) -> None:
    """Print the summary; `again` is the command that resumes, `options` what each command needs."""
    console.print(_headline(result), style="bold")
    console.print()
    for line in facts(_facts(result), console.width):
        console.print(line, soft_wrap=True)
    if result.unrecorded:
        console.print(_unrecorded(result), style="yellow")
    console.print()
    for command, meaning in _commands(result, again, options):
        line = Text.assemble("  ", (command, "cyan"), "   ", (meaning, "dim"))
        console.print(line, soft_wrap=True)


def _headline(result: "Result") -> str:
    name, took = result.experiment.name, duration(result.seconds)
    if result.interrupted:
        return f"{name} was interrupted after {took} of searching; everything is saved."
    return f"{name} is done after {took}: {result.ended}."


def _facts(result: "Result") -> list[tuple[str, Text | str]]:
    return [
        *_best(result),
        ("trials", _counts(result)),
        *([("model", _model(result))] if result.model else []),
        ("MLflow", result.tracking),
        ("study", result.store.address),
        *_report(result),
    ]


def _model(result: "Result") -> str:
    trained = _trained(result)
    return f"{result.model} in MLflow's registry{f', of trial {trained}' if trained else ''}"


def _trained(result: "Result") -> str:
    """Return which trial's model is the best one, if the best trial has none: it was imported."""
    trained = best_trained(result.records, result.experiment.goals)
    return str(trained.number) if trained is not None and trained is not result.best else ""


def _report(result: "Result") -> list[tuple[str, Text | str]]:
    """Return where the report is; an interrupted search draws none."""
    is_drawn = not result.interrupted and result.store.has(REPORT)
    return [("report", result.store.locate(REPORT))] if is_drawn else []


def _best(result: "Result") -> list[tuple[str, Text | str]]:
    best = result.best
    if best is None:
        return [("best", Text("no trial is complete", "yellow"))]
    found = Text(values(best, result.experiment.goals, 6), "bold green")
    step = f" at step {best.value_step}" if best.value_step is not None else ""
    return [
        ("best", Text.assemble(found, f"  trial {best.number}{step}")),
        ("", parameters(searched(best, result.experiment)) or "nothing was searched"),
        *_front(result),
    ]


def _front(result: "Result") -> list[tuple[str, Text | str]]:
    """Return how many trials are on the Pareto front, with several objectives."""
    goals = result.experiment.goals
    if len(goals) == 1:
        return []
    amount = count(len(pareto_front(result.records, goals)), "trial")
    return [("Pareto front", f"{amount}; `best` is the one with the best {goals[0].metric}")]


def _counts(result: "Result") -> str:
    amounts = states(result.records)
    unfinished = amounts.pop("unfinished")
    amounts = {s: n for s, n in amounts.items() if n or s != TrialState.INFEASIBLE}
    text = ", ".join(f"{amount} {state}" for state, amount in amounts.items())
    text += f", {unfinished} can be resumed" if unfinished else ""
    left = result.experiment.budget.trials - len(result.records)
    return text + (f", {left} not begun" if left > 0 else "")


def _unrecorded(result: "Result") -> str:
    amount = count(len(result.unrecorded), "trial")
    return (
        f"  MLflow did not take {amount} ({listed(result.unrecorded)}). Nothing is lost: "
        "the next `hpsearch run` writes what is missing there."
    )


def _commands(result: "Result", again: list[str], options: list[str]) -> list[tuple[str, str]]:
    name, trained = result.experiment.name, _trained(result)
    trial = ["--trial", trained] if trained else []
    shown = [
        (["show", name], "every trial, and why it ended"),
        (["ui", name], "compare the runs in the browser"),
    ]
    shown += [(["export", name, *trial], "the best model as files")] if result.model else []
    commands = [(shlex.join(["hpsearch", *words, *options]), text) for words, text in shown]
    if result.interrupted:
        commands.insert(0, (shlex.join(again), "resumes where it stopped"))
    width = max(len(command) for command, _ in commands)
    return [(command.ljust(width), meaning) for command, meaning in commands]
