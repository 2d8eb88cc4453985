"""A value of the experiment converted to the type of an annotation.

YAML has numbers, texts, true, false and null; Python's annotations have more. One function decides
what fits and converts it, for `validate` and for a trial: a float field gets a float, a Path field
a Path, an enum field its member, a NumPy field its scalar.
"""

import os
import typing
from collections.abc import Mapping
from typing import Any, Literal

from hpsearch.trainable.groups import Params, in_groups
from hpsearch.trainable.hints import Unresolved, arms, bare, describe, is_enum, is_union
from hpsearch.trainable.instances import Misfit, Refused, instance_of, one_of
from hpsearch.trainable.parameters import has_fields
from hpsearch.trainable.signature import Signature
from hpsearch.trainable.structures import filled, list_of, mapping_of
from hpsearch.trainable.unions import classes_of, only_fit

SAMPLES: tuple[Any, ...] = (True, 1, 0.5, "text", None, [], {})
"""One value of each of YAML's types."""


def fill(params: Mapping[str, Any], signature: Signature) -> Any:
    """Return the trainable's first parameter, made of hyperparameters by their full names.

    Raises Misfit, a TypeError, if one does not fit, and whatever the class raises.
    """
    made = filled(in_groups(params, signature.fields or ()), signature, convert)
    has_groups = type(made) is dict and made.keys() != params.keys()
    return Params(made) if has_groups else made


def convert(value: Any, hint: Any, default: object = None) -> Any:
    """Return the value as the annotation's type; raises Misfit if it does not fit.

    Of a group or mapping, the default has what is not given.
    """
    try:
        return _convert(value, hint, default)
    except Refused:
        raise explain(hint) from None


def is_fillable(hint: Any) -> bool:
    """Return whether any value that an experiment has fits."""
    chosen = any(typing.get_origin(arm) is Literal or is_enum(arm) for arm in arms(hint))
    return chosen or any(map(_holds_several, arms(hint))) or any(_fits(v, hint) for v in SAMPLES)


def _holds_several(hint: Any) -> bool:
    """Return whether some list or mapping fits, such as a tuple of two numbers."""
    kind = typing.get_origin(hint) or hint
    return isinstance(kind, type) and (issubclass(kind, tuple) or has_fields(kind))


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
            f"{why}; the experiment can give a number, a text, true, false, null, a list or a "
            "mapping.",
            "give it a default and remove it from the experiment; or annotate it with int, float, "
            "str, bool or Literal, and make the object in the trainable.",
        )
    if any(is_enum(arm) for arm in arms(hint)):
        return Misfit(f"{why}.", "write a value of the enum, or the name of a member.")
    return Misfit(f"{why}.", "change the value, the space or the annotation.")


def _fits(value: Any, hint: Any) -> bool:
    try:
        _convert(value, hint, None)
    except Exception:  # a user's class can raise anything
        return False
    return True


def _convert(value: Any, hint: Any, default: object) -> Any:
    hint = bare(hint)
    if hint is Any or hint is object:
        return value
    if is_union(hint):
        return _of_union(value, hint, default)
    if typing.get_origin(hint) is Literal:
        return one_of(value, typing.get_args(hint))
    if isinstance(value, Mapping):
        return mapping_of(value, hint, convert, default)
    if isinstance(value, list):
        return list_of(value, hint, convert)
    if typing.get_origin(hint) is os.PathLike:
        hint = os.PathLike
    if isinstance(hint, type) and not typing.get_args(hint):
        return instance_of(value, hint)
    raise Refused


def _of_union(value: Any, hint: Any, default: object) -> Any:
    classes, options = classes_of(hint), arms(hint)
    others = [one for one in options if one not in classes and _fits(value, one)]
    if isinstance(value, Mapping) and classes and not others:
        return only_fit(value, classes, convert, default)
    return _first_fit(value, options, default)


def _first_fit(value: Any, options: list[Any], default: object) -> Any:
    """Keep a number whose own type is among the options; else use the first option that fits."""
    if type(value) in options and not isinstance(value, str):
        return value
    for option in options:
        if _fits(value, option):
            return _convert(value, option, default)
    raise Refused
