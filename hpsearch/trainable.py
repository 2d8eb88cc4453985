"""The user's side: what a trainable is given, and how the function named in the YAML is found.

A trainable is a plain function `train(params, trial)`; its first parameter may be annotated as a
dataclass, which is then filled and checked. Other functions of its module are found by name.
"""

import dataclasses
import sys
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from hpsearch import faults
from hpsearch.code import import_code, locate
from hpsearch.errors import UserError
from hpsearch.trial import Value


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

        `checkpoint(folder)` is called only when the engine wants one: it writes files into it.
        """

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Note further metrics at a step, with no decision; they travel with the next report."""


@dataclass(frozen=True)
class Trainable:
    """A trainable that was found: its function, the type of its parameters, its module."""

    reference: str
    train: Callable[[Any, Trial], object]
    params_type: type | None
    module: ModuleType
    folder: Path = Path()
    """The folder that its file is in, or that holds its package."""

    def make_params(self, params: Mapping[str, Value]) -> Any:
        """Return the parameters as the function wants them: its dataclass, or a plain dict."""
        if self.params_type is None:
            return dict(params)
        hints = typing.get_type_hints(self.params_type)
        return self.params_type(
            **{name: _fit(value, hints[name]) for name, value in params.items()}
        )

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
        functions = [name for name, value in vars(module).items() if callable(value)]
        raise UserError(faults.trainable_function_missing(reference, found.function, functions))
    return Trainable(reference, train, _params_type(train), module, found.folders[0])


def _params_type(train: Callable[..., object]) -> type | None:
    """Return the dataclass that annotates the first parameter, or None for a plain dict."""
    names = train.__code__.co_varnames[:1] if hasattr(train, "__code__") else ()
    annotation = train.__annotations__.get(names[0]) if names else None
    if isinstance(annotation, str):
        # by name alone: the annotation of `trial` may be importable only while type checking
        annotation = getattr(sys.modules[train.__module__], annotation, None)
    return annotation if dataclasses.is_dataclass(annotation) else None  # type: ignore[return-value]


def _fit(value: Value, hint: Any) -> Value:
    """Turn a whole number into a float where the dataclass says float."""
    return float(value) if hint is float and isinstance(value, int) else value
