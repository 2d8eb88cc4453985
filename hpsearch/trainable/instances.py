"""An instance of a class, or an enum's member, made from a value of the experiment."""

import os
import typing
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import Path, PurePath
from types import NoneType
from typing import Any

from hpsearch.common.trial import Value

CONSTRUCTED: tuple[tuple[Any, type], ...] = (
    ((int, float), float),
    ((int, float), complex),
    ((int, float), Decimal),
    ((int, float), Fraction),
    (int, int),
    (str, str),
    (str, PurePath),
)
"""What a class, or one derived from it, is made from."""

NUMPY_TAKES: dict[str, Any] = {
    "bool": bool,
    "integer": int,
    "floating": (int, float),
    "complexfloating": (int, float),
}
"""By the name of NumPy's class, or of one above it: the numbers that it is made from."""


class Refused(Exception):
    """The value does not fit this type."""


class Misfit(TypeError):
    """The value does not fit the annotation; `fix` is for this annotation."""

    def __init__(self, why: str, fix: str) -> None:
        super().__init__(why)
        self.why = why
        self.fix = fix


def one_of(value: Value, allowed: tuple[Any, ...]) -> Any:
    """Return the literal, or the enum's member, that a value of the experiment means."""
    members = [one for one in allowed if isinstance(one, Enum)]
    for one in allowed:
        if _same(value, one.value if isinstance(one, Enum) else one):
            return one
    for member in members:
        if member.name == value:
            return member
    raise Refused


def _same(value: Value, other: object) -> bool:
    """Return whether two values are the same, without Python's `True == 1`."""
    return type(value) is type(other) and value == other


def instance_of(value: Value, kind: type) -> Any:
    """Return the value as an instance of the class; raises Refused if it does not fit."""
    if type(value) is kind:
        return value
    if issubclass(kind, Enum):
        return _member(value, kind)
    if kind is int or kind is str or kind is bool or kind is NoneType:
        raise Refused  # a bool is no int here
    for taken, base in CONSTRUCTED:
        if issubclass(kind, base) and isinstance(value, taken) and not isinstance(value, bool):
            return _made(kind, value)
    if _numpy_takes(value, kind):
        return _numpy(kind, value)
    return _as_it_is(value, kind)


def _made(kind: type, value: Any) -> Any:
    """Call the class; Decimal and Fraction take the digits that the experiment's file has."""
    exact = issubclass(kind, Decimal | Fraction)
    try:
        return kind(str(value) if exact else value)
    except Exception:  # a user's class can raise anything
        raise Refused from None


def _member(value: Value, kind: type[Enum]) -> Enum:
    everything = tuple(kind.__members__.values())
    try:
        return typing.cast(Enum, one_of(value, everything))
    except Refused:
        if isinstance(value, str) and value in kind.__members__:  # another name of a member
            return kind[value]
        raise


def _numpy_takes(value: Value, kind: type) -> bool:
    """Return whether the class is a NumPy scalar that is made from such a value."""
    names = [base.__name__.rstrip("_") for base in kind.__mro__ if base.__module__ == "numpy"]
    taken = next((NUMPY_TAKES[name] for name in names if name in NUMPY_TAKES), ())
    return isinstance(value, taken) and (isinstance(value, bool) == ("bool" in names))


def _numpy(kind: type, value: Any) -> Any:
    """Return NumPy's scalar; a number beyond its range is refused."""
    import numpy

    try:
        with numpy.errstate(all="raise", under="ignore"):
            return kind(value)
    except (OverflowError, FloatingPointError, TypeError):
        raise Refused from None


def _as_it_is(value: Value, kind: type) -> Any:
    """Take a value that is an instance already: `numbers.Real`, `os.PathLike`, a protocol."""
    if kind is os.PathLike and isinstance(value, str):
        return Path(value)
    try:
        if isinstance(value, kind):
            return value
    except TypeError:  # a protocol without runtime checks
        pass
    raise Refused
