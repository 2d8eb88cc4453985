"""What is wrong with a command, found before anything starts: all of it at once."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hpsearch.common.errors import Fault
from hpsearch.trainable.command import faults
from hpsearch.trainable.command.placeholders import (
    ARGUMENTS,
    FILES,
    OF_TRIAL,
    PER_TRIAL,
    braced,
    has_unclosed,
    placeholders,
)
from hpsearch.trainable.command.programs import program_faults
from hpsearch.trainable.command.quotes import quoted_placeholders
from hpsearch.trainable.given import Given

if TYPE_CHECKING:
    from hpsearch.experiment import Command, Experiment


def command_faults(command: "Command", experiment: "Experiment", folder: Path) -> list[Fault]:
    """Return what is wrong with a command that runs in this folder."""
    return [
        *_placeholder_faults(command, experiment),
        *_word_faults(command),
        *program_faults(command, folder, is_sent=experiment.resources.ray_address is not None),
        *_metrics_faults(command, experiment),
    ]


def command_notices(command: "Command", experiment: "Experiment") -> list[str]:
    """Return which hyperparameters the command does not get as arguments, nor in a file."""
    named = {*placeholders(_texts(command))}
    if named & {ARGUMENTS, *FILES}:
        return []
    rest = [one for one in Given.of(experiment).names if one not in named]
    names = ", ".join(f"`{one}`" for one in rest)
    are = "is no argument" if len(rest) == 1 else "are no arguments"
    where = "its environment alone, as `HPSEARCH_PARAM_...`"
    return [f"{names} {are} of the command: it finds them in {where}"] if rest else []


def _texts(command: "Command") -> Sequence[str]:
    return [command.command] if isinstance(command.command, str) else command.command


def _paths(command: "Command") -> dict[str, str]:
    """Return the paths of metrics by their key."""
    if command.metrics is None or isinstance(command.metrics, str):
        return {}
    found = {"file": command.metrics.file, "tensorboard": command.metrics.tensorboard}
    return {key: path for key, path in found.items() if path is not None}


def _placeholder_faults(command: "Command", experiment: "Experiment") -> Iterator[Fault]:
    given = Given.of(experiment)
    params = {*given.names}
    fixed = {*FILES, *OF_TRIAL}
    places = {"trainable.command": (_texts(command), params | fixed | {ARGUMENTS})}
    for key, path in _paths(command).items():
        places[f"trainable.metrics.{key}"] = ([path], params | fixed)
    for where, (texts, known) in places.items():
        for text in filter(has_unclosed, texts):
            yield faults.unclosed_placeholder(where, text)
        for name in placeholders(texts):
            if name in params and name in fixed | {ARGUMENTS}:
                yield faults.ambiguous_placeholder(where, braced(name), name)
            elif name not in known:
                yield faults.unknown_placeholder(where, braced(name), name, known)
            elif name in params and not given.is_always(name):
                yield faults.conditional_placeholder(where, name, braced(ARGUMENTS))


def _word_faults(command: "Command") -> Iterator[Fault]:
    if isinstance(command.command, str):
        for name in quoted_placeholders(command.command):
            yield faults.placeholder_in_quotes(braced(name))
        return
    for word in command.command:
        if ARGUMENTS in placeholders([word]) and word != braced(ARGUMENTS):
            yield faults.arguments_in_word(word, braced(ARGUMENTS))


def _metrics_faults(command: "Command", experiment: "Experiment") -> Iterator[Fault]:
    metrics, goals = command.metrics, experiment.goals
    if metrics == "number" and len(goals) > 1:
        yield faults.several_objectives_from_a_number(len(goals))
    if metrics is not None and not isinstance(metrics, str) and metrics.pattern is not None:
        groups = [name for name in re.compile(metrics.pattern).groupindex if name != "step"]
        for goal in goals:
            if goal.metric not in groups:
                yield faults.pattern_without_objective(goal.metric, groups)
    for key, path in _paths(command).items():
        if experiment.resources.parallel_trials != 1 and not PER_TRIAL & {*placeholders([path])}:
            inside = f"{braced('trial.scratch')}/{Path(path).name}"
            yield faults.shared_file(key, path, inside)
