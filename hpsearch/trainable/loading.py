"""The user's side: what a trainable is given, and how the function named in the YAML is found.

A trainable is a plain function `train(params, trial)`; its first parameter may be annotated as a
dataclass, which is then filled and checked. Other functions of its module are found by name.

It may return its result: a number, which is the objective, or a mapping of metrics, of which those
that are numbers are taken. That is a last report, at the step of the one before if it only adds to
that, else at the next; it is never pruned, and the best report still counts. One that trains in one
go needs no `report`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from hpsearch.common.errors import UserError
from hpsearch.common.trial import Value
from hpsearch.trainable import faults
from hpsearch.trainable.code import import_code, locate
from hpsearch.trainable.entry_point import entry_point, functions_of
from hpsearch.trainable.parameters import Signature


class Trial(Protocol):
    """What a trainable is given beside its hyperparameters."""

    @property
    def number(self) -> int:
        """The trial's number in the study, from 0."""

    @property
    def seed(self) -> int:
        """Random seed of the trial; the same for every attempt at it."""

    @property
    def device(self) -> str:
        """`"cuda"` where the trial was given a GPU, else `"cpu"`."""

    @property
    def threads(self) -> int:
        """How many CPU threads the trial may use, at least 1."""

    @property
    def checkpoint(self) -> Path | None:
        """A folder with the files of an earlier checkpoint of this trial to go on from."""

    @property
    def artifacts(self) -> Path:
        """A folder for people: what is in it at the end is kept and shown in MLflow."""

    @property
    def scratch(self) -> Path:
        """A folder for anything else; emptied after the trial."""

    def report(
        self,
        step: int,
        metrics: Mapping[str, float],
        checkpoint: Callable[[Path], None] | None = None,
    ) -> None:
        """Report metrics at a step (ascending, from 0); raises TrialStopped to end the trial.

        The trial's value is the best of the reports that have the objective; one that lacks it is
        normal, and nothing is decided about it. A trial that returns without any of them fails, and
        so does one whose objective is NaN or infinite.

        A stop never takes away a trial that has trained to its end: where this report may be the
        last one, it comes at the next. A trainable that returns in its place is complete.

        `checkpoint(folder)` is called only when the engine wants one: it writes files into it, the
        step among them. A resumed attempt counts on from that step; the steps that it repeats are
        ignored until they are past what was reported.
        """

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Note further metrics, with no decision; they travel with the next report.

        Each metric has a step axis of its own: batches, or epochs again after the last report. It
        is kept once at a step, the first value that is logged there. What is logged under the
        objective's name is kept, too, and never counts for the trial's value.
        """


@dataclass(frozen=True)
class Trainable:
    """A trainable that was found: its function, what it takes, its module."""

    reference: str
    train: Callable[[Any, Trial], object]
    signature: Signature
    module: ModuleType
    folder: Path = Path()
    """The folder that its file is in, or that holds its package."""

    def make_params(self, params: Mapping[str, Value]) -> Any:
        """Return the parameters as the function wants them: its dataclass, or a plain dict."""
        return self.signature.fill(params)

    def sibling(self, name: str) -> Callable[..., Any] | None:
        """Return another function of the trainable's module, or None where there is none."""
        found = getattr(self.module, name, None)
        return found if callable(found) else None


def load_trainable(reference: str, folder: Path) -> Trainable:
    """Import the trainable; raise UserError where it is missing or fails on import.

    `folder` is the experiment's: paths start there. The file's own folder and the experiment's come
    first on the import path, as for a script; if one has a file such as `numpy.py`, it comes last.
    The module has its file's name, by which spawned processes find its classes; if that is taken
    (`random.py`, another experiment's `train.py`) or has a dot, it has a private one, and they do
    not.
    """
    found = locate(reference, folder)
    module = import_code(found)
    train = getattr(module, found.function, None)
    if not callable(train):
        fault = faults.trainable_function_missing(reference, found.function, functions_of(module))
        raise UserError(fault)
    return Trainable(reference, *entry_point(reference, train), module, found.folders[0])
