"""A group that is one of several classes, `optimizer: Adam | SGD`: which one a trial gets.

It is the only class that the trial's names and values fit. Of several, it is that of the default.
"""

import typing
from collections.abc import Callable, Mapping
from typing import Any

from hpsearch.trainable.hints import arms, describe
from hpsearch.trainable.instances import Misfit
from hpsearch.trainable.parameters import has_fields, signature_of

Convert = Callable[[Any, Any, Any], Any]
"""Makes a value of an annotation's type, keeping of a default what is not given."""

TELL_APART = "give it a hyperparameter that only one of them has, such as a `kind` with a Literal."


def classes_of(hint: Any) -> list[Any]:
    """Return the classes with declared fields in a union, if it has several; else none."""
    found = [arm for arm in arms(hint) if _is_class(typing.get_origin(arm) or arm)]
    return found if len(found) > 1 else []


def _is_class(kind: Any) -> bool:
    return isinstance(kind, type) and has_fields(kind)


def only_fit(value: Mapping[str, Any], classes: list[Any], convert: Convert, default: Any) -> Any:
    """Return a mapping as the only one of these classes that it fits; raises Misfit."""
    made, problems = [], []
    for one in classes:
        own = default if type(default) is (typing.get_origin(one) or one) else None
        try:
            made.append((own is not None, one, convert(value, one, own)))
        except Exception as error:  # a user's class can raise anything
            problems.append((one, error))
    chosen = [one for one in made if one[0]] or made
    if len(chosen) == 1:
        return chosen[0][2]
    if not chosen:
        raise _fits_none(value, problems)
    fitting = " and ".join(describe(one) for _, one, _ in chosen)
    raise Misfit(f"{_named(value)} fits {fitting}.", TELL_APART)


def _fits_none(value: Mapping[str, Any], problems: list[tuple[Any, Exception]]) -> Exception:
    """Return why: what the only class with all these names says, or what each of them does."""
    knowing = [error for one, error in problems if value.keys() <= {*_names(one)}]
    if len(knowing) == 1:
        return knowing[0]
    said = " ".join(f"{describe(one)}: {_in_short(error)}" for one, error in problems)
    return Misfit(f"{_named(value)} fits none of its classes. {said}", TELL_APART)


def _names(one: Any) -> Mapping[str, Any]:
    return signature_of(one).fields or {}


def _in_short(error: Exception) -> str:
    """Return the first line of an error; of pydantic's the first value that it refuses, and why."""
    text = str(error).partition("\n")[0]
    for found in getattr(error, "errors", list)():
        text = f"`{'.'.join(map(str, found['loc']))}`: {found['msg']}"
        break
    return text if text.endswith(".") else f"{text}."


def _named(value: Mapping[str, Any]) -> str:
    return ", ".join(f"`{name}`" for name in value) or "nothing"
