"""The user's side: what a trainable is given, and how the function named in the YAML is found.

A trainable is a plain function `train(params, trial)`; its first parameter may be annotated as a
dataclass, which is then filled and checked. Other functions of its module are found by name.

It may return its result: a number, which is the objective, or a mapping of metrics, of which those
that are numbers are taken. That is a last report, at the step of the one before if it only adds to
that, else at the next; it is never pruned, and the best report still counts. One that trains in one
go needs no `report`.
"""

import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from hpsearch import faults
from hpsearch.entry_point import entry_point, functions_of
from hpsearch.errors import UserError
from hpsearch.parameters import Signature
from hpsearch.trial import Value
from hpsearch.user_traceback import user_traceback


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

    def make_params(self, params: Mapping[str, Value]) -> Any:
        """Return the parameters as the function wants them: its dataclass, or a plain dict."""
        return self.signature.fill(params)

    def sibling(self, name: str) -> Callable[..., Any] | None:
        """Return another function of the trainable's module, or None where there is none."""
        found = getattr(self.module, name, None)
        return found if callable(found) else None


def load_trainable(reference: str, folder: Path) -> Trainable:
    """Import the trainable; raise UserError where it is missing or fails on import.

    `folder` is the experiment's: a file is looked for there, and its neighbours can be imported.
    """
    place, _, function = reference.rpartition(":")
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    module = _import(reference, place, folder)
    train = getattr(module, function, None)
    if not callable(train):
        fault = faults.trainable_function_missing(reference, function, functions_of(module))
        raise UserError(fault)
    return Trainable(reference, *entry_point(reference, train), module)


def _import(reference: str, place: str, folder: Path) -> ModuleType:
    """Import a module by file or by name; what its own code raises becomes a fault."""
    try:
        if place.endswith(".py"):
            return _import_file(reference, folder / place)
        return importlib.import_module(place)
    except UserError:
        raise
    except ModuleNotFoundError as error:
        if error.name is not None and place.split(".", maxsplit=1)[0] == error.name.split(".")[0]:
            raise UserError(faults.trainable_module_missing(reference, place)) from None
        raise UserError(faults.trainable_broken(reference, user_traceback(error))) from None
    except (Exception, SystemExit) as error:
        raise UserError(faults.trainable_broken(reference, user_traceback(error))) from None


def _import_file(reference: str, file: Path) -> ModuleType:
    if not file.is_file():
        siblings = [path.name for path in file.parent.glob("*.py")]
        raise UserError(faults.trainable_file_missing(reference, file, siblings))
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None and spec.loader is not None  # noqa: S101 (a .py file always has both)
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module  # dataclasses and pickle look their module up by name
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[file.stem]
        raise
    return module
