"""Finds the function that the experiment names, and the hooks beside it; see `contract.py`.

A trainable is a plain function `train(params, trial)`; if its first parameter is annotated
with a dataclass, hpsearch makes one and checks its fields.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from hpsearch.common.errors import UserError
from hpsearch.trainable import faults
from hpsearch.trainable.code import import_code, locate
from hpsearch.trainable.code_version import code_version
from hpsearch.trainable.contract import HOOKS, Hook, Trial
from hpsearch.trainable.conversion import fill
from hpsearch.trainable.entry_point import entry_point, functions_of
from hpsearch.trainable.signature import Signature


@dataclass(frozen=True)
class Trainable:
    """A trainable that was found: its function, what it takes, its module."""

    reference: str
    train: Callable[[Any, Trial], object]
    signature: Signature
    module: ModuleType
    folder: Path = Path()
    """The folder that its file is in, or that holds its package."""
    version: str = ""
    """Which code it is; see `code_version.py`."""

    @property
    def file(self) -> str:
        """The file of its module; empty if there is none, as for a function of a notebook."""
        return getattr(self.module, "__file__", None) or ""

    def make_params(self, params: Mapping[str, Any]) -> Any:
        """Return the parameters as the function takes them: its dataclass, or a plain dict."""
        return fill(params, self.signature)

    def hook(self, name: Hook) -> Callable[..., Any] | None:
        """Return a hook of the trainable, or None; raises ValueError if there is no such hook."""
        if name not in HOOKS:
            raise ValueError(f"{name!r} is not a hook; hooks are {', '.join(HOOKS)}")
        found = getattr(self.module, name, None)
        return found if callable(found) else None


def load_trainable(reference: str, folder: Path) -> Trainable:
    """Import the trainable; raise UserError if it is missing or fails on import.

    `folder` is the experiment's: paths start there. The file's own folder and the experiment's come
    first on the import path, as for a script; if one has a file such as `numpy.py`, it comes last.
    The module has its file's name, by which spawned processes find its classes; if that is taken
    (`random.py`, another experiment's `train.py`) or has a dot, it has a private one, by which they
    find it as well; see `code/stand_ins.py`.
    """
    found = locate(reference, folder)
    module = import_code(found)
    train = getattr(module, found.function, None)
    if not callable(train):
        fault = faults.trainable_function_missing(reference, found.function, functions_of(module))
        raise UserError(fault)
    version = code_version(module, *found.folders)
    return Trainable(reference, *entry_point(reference, train), module, found.folders[0], version)
