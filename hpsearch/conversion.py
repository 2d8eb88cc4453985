"""A value of the experiment as the type that an annotation asks for.

YAML has numbers, texts, true, false and null; Python's annotations have more. One function decides
what fits and converts it, for `validate` and for a trial: a float field gets a float, a Path field
a Path, an enum field its member, a NumPy field its scalar.
"""

import os
import typing
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import Path, PurePath
from types import NoneType
from typing import Any, Literal

from hpsearch.hints import Unresolved, arms, bare, describe, is_enum, is_union
from hpsearch.trial import Value

SAMPLES: tuple[Value, ...] = (True, 1, 0.5, "text", None)
"""One value of each of YAML's types."""

NUMPY_TAKES: dict[str, Any] = {
    "bool": bool,
    "integer": int,
    "floating": (int, float),
    "complexfloating": (int, float),
}
"""By the name of NumPy's class, or of one above it: the numbers that it is made from."""


class Misfit(Exception):
    """The annotation does not take the value; `fix` is true for this annotation."""

    def __init__(self, why: str, fix: str) -> None:
        super().__init__(why)
        self.why = why
        self.fix = fix


class _Refused(Exception):
    """This type does not take the value."""


def convert(value: Value, hint: Any) -> Any:
    """Return the value as the annotation wants it; raises Misfit if it does not take it."""
    try:
        return _convert(value, hint)
    except _Refused:
        raise explain(hint) from None


def is_fillable(hint: Any) -> bool:
    """Return whether any value that YAML has fits."""
    chosen = any(typing.get_origin(arm) is Literal or is_enum(arm) for arm in arms(hint))
    return chosen or any(_fits(value, hint) for value in SAMPLES)


def explain(hint: Any) -> Misfit:
    """Return why a value does not fit this annotation, and what does."""
    if isinstance(bare(hint), Unresolved):
        return Misfit(
            f"its annotation `{bare(hint).text}` cannot be evaluated: {bare(hint).problem}",
            "import what it names for the run too, not for type checkers alone; or annotate it "
            "with int, float, str, bool or Literal.",
        )
    why = f"its annotation says {describe(hint)}"
    if not is_fillable(hint):
        return Misfit(
            f"{why}; the experiment can give a number, a text, true, false or null.",
            "give it a default and take it out of the experiment; or annotate it with int, float, "
            "str, bool or Literal, and make the object in the trainable.",
        )
    if any(is_enum(arm) for arm in arms(hint)):
        return Misfit(f"{why}.", "write a value of the enum, or the name of a member.")
    return Misfit(f"{why}.", "change the value, the space or the annotation.")


def _fits(value: Value, hint: Any) -> bool:
    try:
        _convert(value, hint)
    except _Refused:
        return False
    return True


def _convert(value: Value, hint: Any) -> Any:
    hint = bare(hint)
    if hint is Any or hint is object:
        return value
    if is_union(hint):
        return _first_fit(value, arms(hint))
    if typing.get_origin(hint) is Literal:
        return _one_of(value, typing.get_args(hint))
    if typing.get_origin(hint) is os.PathLike:
        hint = os.PathLike
    if isinstance(hint, type) and not typing.get_args(hint):
        return _of_class(value, hint)
    raise _Refused


def _first_fit(value: Value, options: list[Any]) -> Any:
    """Take a number as it is where one of the types is its own; else the first that takes it."""
    if type(value) in options and not isinstance(value, str):
        return value
    for option in options:
        if _fits(value, option):
            return _convert(value, option)
    raise _Refused


def _one_of(value: Value, allowed: tuple[Any, ...]) -> Any:
    """Return the literal, or the enum's member, that a value of the experiment stands for."""
    members = [one for one in allowed if isinstance(one, Enum)]
    for one in allowed:
        if _same(value, one.value if isinstance(one, Enum) else one):
            return one
    for member in members:
        if member.name == value:
            return member
    raise _Refused


def _same(value: Value, other: object) -> bool:
    """Return whether two values are the same, without Python's `True == 1`."""
    return type(value) is type(other) and value == other


def _of_class(value: Value, kind: type) -> Any:
    if type(value) is kind:
        return value
    if issubclass(kind, Enum):
        return _member(value, kind)
    if kind is int or kind is str or kind is bool or kind is NoneType:
        raise _Refused  # a bool is no int here
    for taken, base in _CONSTRUCTED:
        if issubclass(kind, base) and isinstance(value, taken) and not isinstance(value, bool):
            return _made(kind, value)
    if _numpy_takes(value, kind):
        return _numpy(kind, value)
    return _as_it_is(value, kind)


_CONSTRUCTED: tuple[tuple[Any, type], ...] = (
    ((int, float), float),
    ((int, float), complex),
    ((int, float), Decimal),
    ((int, float), Fraction),
    (int, int),
    (str, str),
    (str, PurePath),
)
"""What a class, or one derived from it, is made from."""


def _made(kind: type, value: Any) -> Any:
    """Call the class; Decimal and Fraction take the digits that the experiment's file has."""
    exact = issubclass(kind, Decimal | Fraction)
    try:
        return kind(str(value) if exact else value)
    except Exception:  # a class of the user's own may raise anything
        raise _Refused from None


def _member(value: Value, kind: type[Enum]) -> Enum:
    everything = tuple(kind.__members__.values())
    try:
        return typing.cast(Enum, _one_of(value, everything))
    except _Refused:
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
        raise _Refused from None


def _as_it_is(value: Value, kind: type) -> Any:
    """Take a value that is an instance already: `numbers.Real`, `os.PathLike`, a protocol."""
    if kind is os.PathLike and isinstance(value, str):
        return Path(value)
    try:
        if isinstance(value, kind):
            return value
    except TypeError:  # a protocol that cannot be asked
        pass
    raise _Refused
