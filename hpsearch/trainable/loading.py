"""The user's side: what a trainable is given, and how the function named in the YAML is found.

A trainable is a plain function `train(params, trial)`; its first parameter may be annotated as a
dataclass, which is then filled and checked. Other functions of its module are found by name.
"""

import dataclasses
import importlib
import importlib.util
import sys
import traceback
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from hpsearch.common import faults
from hpsearch.common.errors import UserError
from hpsearch.common.trial import Value


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

    `folder` is the experiment's: a file is looked for there, and its neighbours can be imported.
    """
    place, _, function = reference.rpartition(":")
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    module = _import(reference, place, folder)
    train = getattr(module, function, None)
    if not callable(train):
        functions = [name for name, value in vars(module).items() if callable(value)]
        raise UserError(faults.trainable_function_missing(reference, function, functions))
    return Trainable(reference, train, _params_type(train), module)


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
        raise UserError(
            faults.trainable_broken(reference, traceback.format_exc(limit=-3))
        ) from None
    except (Exception, SystemExit):
        raise UserError(
            faults.trainable_broken(reference, traceback.format_exc(limit=-3))
        ) from None


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
