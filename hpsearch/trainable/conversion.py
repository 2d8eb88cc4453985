"""A value of the experiment converted to the type of an annotation.

YAML has numbers, texts, true, false and null; Python's annotations have more. One function decides
what fits and converts it, for `validate` and for a trial: a float field gets a float, a Path field
a Path, an enum field its member, a NumPy field its scalar.
"""

import os
import typing
from typing import Any, Literal

from hpsearch.common.trial import Value
from hpsearch.trainable.hints import Unresolved, arms, bare, describe, is_enum, is_union
from hpsearch.trainable.instances import Refused, instance_of, one_of

SAMPLES: tuple[Value, ...] = (True, 1, 0.5, "text", None)
"""One value of each of YAML's types."""


class Misfit(Exception):
    """The value does not fit the annotation; `fix` is for this annotation."""

    def __init__(self, why: str, fix: str) -> None:
        super().__init__(why)
        self.why = why
        self.fix = fix


def convert(value: Value, hint: Any) -> Any:
    """Return the value as the annotation's type; raises Misfit if it does not fit."""
    try:
        return _convert(value, hint)
    except Refused:
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
            "import what it names at run time too, not only for type checkers; or annotate it "
            "with int, float, str, bool or Literal.",
        )
    why = f"its annotation says {describe(hint)}"
    if not is_fillable(hint):
        return Misfit(
            f"{why}; the experiment can give a number, a text, true, false or null.",
            "give it a default and remove it from the experiment; or annotate it with int, float, "
            "str, bool or Literal, and make the object in the trainable.",
        )
    if any(is_enum(arm) for arm in arms(hint)):
        return Misfit(f"{why}.", "write a value of the enum, or the name of a member.")
    return Misfit(f"{why}.", "change the value, the space or the annotation.")


def _fits(value: Value, hint: Any) -> bool:
    try:
        _convert(value, hint)
    except Refused:
        return False
    return True


def _convert(value: Value, hint: Any) -> Any:
    hint = bare(hint)
    if hint is Any or hint is object:
        return value
    if is_union(hint):
        return _first_fit(value, arms(hint))
    if typing.get_origin(hint) is Literal:
        return one_of(value, typing.get_args(hint))
    if typing.get_origin(hint) is os.PathLike:
        hint = os.PathLike
    if isinstance(hint, type) and not typing.get_args(hint):
        return instance_of(value, hint)
    raise Refused


def _first_fit(value: Value, options: list[Any]) -> Any:
    """Keep a number whose own type is among the options; else use the first option that fits."""
    if type(value) in options and not isinstance(value, str):
        return value
    for option in options:
        if _fits(value, option):
            return _convert(value, option)
    raise Refused
