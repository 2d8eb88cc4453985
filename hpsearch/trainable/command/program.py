"""A command as workers get it: plain values, which need no schema there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from hpsearch.experiment import Experiment
    from hpsearch.experiment.command import Command


@dataclass(frozen=True)
class Program:
    """What to start; a `command` that is a text is a line for the shell.

    `metrics` is a kind and its value, `objectives` are the names of those metrics that decide,
    `constrained` those that constraints name.
    """

    name: str
    command: str | Sequence[str]
    style: str
    metrics: tuple[str, str] | None
    checkpoint_each_report: bool
    grace_seconds: float
    objectives: Sequence[str]
    constrained: Sequence[str] = ()

    @classmethod
    def of(cls, command: "Command", experiment: "Experiment") -> Self:
        """Return the program of an experiment whose trainable is this command."""
        return cls(
            name=command.line,
            command=command.command,
            style=command.arguments,
            metrics=_metrics(command),
            checkpoint_each_report=command.checkpoint == "each_report",
            grace_seconds=command.grace_seconds,
            objectives=[goal.metric for goal in experiment.goals],
            constrained=[*experiment.constraints],
        )


def _metrics(command: "Command") -> tuple[str, str] | None:
    metrics = command.metrics
    if metrics is None or isinstance(metrics, str):
        return None if metrics is None else (metrics, "")
    kind, value = next((key, one) for key, one in vars(metrics).items() if one is not None)
    return kind, value
