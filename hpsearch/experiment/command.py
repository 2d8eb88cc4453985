"""A program as the trainable: the words that start it, and where its metrics are read."""

import re
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from hpsearch.experiment.section import Section

LONGEST_GRACE = 50
"""Seconds; the search kills the worker of a trial that was told to stop 60 seconds ago."""

Style = Literal["--name=value", "--name value", "name=value"]


class MetricsSource(Section):
    """Where the metrics of a command are read, if not from JSON lines: one of these keys."""

    pattern: str | None = None
    r"""A regular expression, searched in each line that the command prints. Each named group is a
    metric; the group `step` is the step: `epoch (?P<step>\d+).*val_acc=(?P<val_accuracy>\S+)`."""
    file: str | None = None
    """A file that grows: a table with a header if it ends in `.csv` or `.tsv`, else JSON lines or a
    JSON list of objects. The column or key `step` is the step. May have placeholders:
    `${trial.scratch}/metrics.csv`."""
    tensorboard: str | None = None
    """A folder with TensorBoard's event files; the tags are the metrics' names. May have
    placeholders: `${trial.scratch}/runs`."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if sum(value is not None for value in vars(self).values()) != 1:
            raise ValueError(
                "the metrics are read from one place; keep one of `pattern`, `file`, `tensorboard`"
            )
        return self

    @field_validator("pattern")
    @classmethod
    def _has_groups(cls, pattern: str | None) -> str | None:
        if pattern is None:
            return None
        try:
            names = {*re.compile(pattern).groupindex}
        except re.error as error:
            raise ValueError(
                f"it is not a regular expression: {error}; correct the expression"
            ) from None
        if not names - {"step"}:
            raise ValueError(
                "it has no named group for a metric; write `(?P<NAME>...)` around the value"
            )
        return pattern


Metrics = Annotated[
    Annotated[Literal["json", "number"], Tag("word")] | Annotated[MetricsSource, Tag("place")],
    Discriminator(lambda value: "place" if isinstance(value, dict | MetricsSource) else "word"),
]


Words = Annotated[
    Annotated[str, Tag("line")] | Annotated[list[str], Tag("words")],
    Discriminator(lambda value: "line" if isinstance(value, str) else "words"),
]


class Command(Section):
    """A program that trains: started once for each attempt, with the hyperparameters.

    It runs in the experiment's folder; on a cluster, in its copy there.
    """

    _positional = ("command",)

    command: Words
    """The program and its arguments, with placeholders: `[python, train.py, "${args}"]`. A text is
    a shell line, with `shell: true` only. `python` is the one that runs hpsearch."""
    shell: bool = False
    """Whether `command` is a line for `/bin/sh`; values are quoted for it."""
    arguments: Style = "--name=value"
    """How `${args}` writes a hyperparameter. The last one is Hydra's; with the first two, true is
    `--name`, and false and null are left out."""
    metrics: Metrics | None = None
    """Where metrics are read. `json`: lines on stdout such as `{"step": 3, "loss": 0.1}`; `number`:
    the last line on stdout is the result; a mapping: see MetricsSource. null: the command calls
    `hpsearch.report`."""
    checkpoint: Literal["each_report"] | None = None
    """`each_report`: the files in `${trial.save}` are a checkpoint whenever metrics come. null:
    only with a JSON line that has `"checkpoint": true`."""
    grace_seconds: float = Field(default=30, ge=0, le=LONGEST_GRACE)
    """How long it may take to end after SIGTERM, in seconds, at most 50; then SIGKILL."""

    if TYPE_CHECKING:  # by position, too

        def __init__(
            self,
            command: str | Sequence[str],
            *,
            shell: bool = False,
            arguments: Style = ...,
            metrics: Literal["json", "number"] | dict[str, str] | MetricsSource | None = None,
            checkpoint: Literal["each_report"] | None = None,
            grace_seconds: float = ...,
        ) -> None: ...

    @model_validator(mode="after")
    def _is_line_or_list(self) -> Self:
        if not self.command or not self.command[0].strip():
            raise ValueError("`command` is empty; write the program and its arguments")
        if isinstance(self.command, str) and not self.shell:
            raise ValueError(
                "`command` is a text, and no shell was asked for; write the list "
                f"{_as_list(self.command)}, or add `shell: true`"
            )
        if self.shell and not isinstance(self.command, str):
            raise ValueError("a shell takes one line; write `command` as a text")
        return self

    @property
    def line(self) -> str:
        """The command in one line, for people."""
        if isinstance(self.command, str):
            return self.command
        return " ".join(one if "${" in one else shlex.quote(one) for one in self.command)


def _as_list(line: str) -> str:
    try:
        words = shlex.split(line)
    except ValueError:  # a quote that is not closed
        words = line.split()
    return "[" + ", ".join(f'"{one}"' if "${" in one else one for one in words) + "]"
