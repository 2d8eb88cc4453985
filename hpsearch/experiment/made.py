"""An experiment that is made in Python: its values as plain data, checked as a file's are."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hpsearch.experiment.flat_space import FlatSpace
from hpsearch.experiment.location import Lines, Location
from hpsearch.experiment.section import Section

GIVEN_BY_PYTHON = "<function {name} of {module}>"
"""The trainable in a stored experiment if Python code gave a function."""


def plain(value: Any) -> Any:
    """Return what was made in Python as a file would hold it."""
    if isinstance(value, Section):
        given = value.model_dump() if value._given is None else value._given
        kind = getattr(value, "type", None)
        return plain(given if kind is None else {"type": kind, **given})
    if isinstance(value, FlatSpace):
        return plain(value.written)
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if hasattr(value, "tolist") and not isinstance(value, type):  # of numpy, torch, pandas
        return value.tolist()
    return str(value) if isinstance(value, Path) else value


def objective(value: Any) -> Any:
    """Return `"maximize accuracy"` as the section that it is short for; else the value itself."""
    if isinstance(value, str) and value.count(" ") == 1:
        direction, metric = value.split(" ")
        return {"metric": metric, "direction": direction}
    return [objective(one) for one in value] if isinstance(value, list) else value


def is_given_by_python(trainable: str) -> bool:
    """Return whether the trainable is a function that no file names."""
    return trainable.startswith("<function ") and trainable.endswith(">")


def describe_function(function: Callable[..., object]) -> str:
    """Return how a stored experiment names a function, method, partial or callable object."""
    while (inner := getattr(function, "func", None)) is not None:  # functools.partial
        function = inner
    kind = function if hasattr(function, "__qualname__") else type(function)
    name = kind.__qualname__.rpartition("<locals>.")[2]
    return GIVEN_BY_PYTHON.format(name=name, module=kind.__module__)


def no_lines(data: Any, location: Location = ()) -> Lines:
    """Return every location of the data, on no line of any file."""
    pairs: list[tuple[str | int, Any]] = []
    if isinstance(data, Mapping):
        pairs = [(str(key), child) for key, child in data.items()]
    elif isinstance(data, list):
        pairs = list(enumerate(data))
    lines: Lines = {}
    for key, child in pairs:
        lines |= {(*location, key): 0} | no_lines(child, (*location, key))
    return lines
