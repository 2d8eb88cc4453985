"""What a trainable's first parameter is made from: the fields of its class, and how it is filled.

A dataclass, attrs class, NamedTuple, msgspec Struct or pydantic model is called with its fields by
name; a dict, a TypedDict or a Namespace takes them as they come. A field may be such a class, too.
None of these libraries is imported here: a class is recognized by its attributes.
"""

import argparse
import inspect
import typing
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from types import SimpleNamespace
from typing import Any, NotRequired, Required

from hpsearch.trainable.annotations import annotation_of, evaluate
from hpsearch.trainable.hints import Unresolved, arms, describe, substituted
from hpsearch.trainable.signature import Field, Signature

PYDANTIC = "__pydantic_fields__"
RECORDS = ("__dataclass_fields__", "__attrs_attrs__", "__struct_fields__", PYDANTIC)
"""The attributes of classes with declared fields."""


IMPORT_IT = "import what it names at run time too, not only for type checkers."


class Unfit(Exception):
    """No value can be made of the first parameter's annotation; says why."""

    def __init__(
        self, why: str, fix: str = "annotate it with a dataclass, or with `dict`."
    ) -> None:
        super().__init__(why)
        self.fix = fix


def signature_of(hint: Any) -> Signature:
    """Return what this annotation of the first parameter takes; raises Unfit."""
    found = [_of_one(arm) for arm in arms(hint) if arm is not type(None)]
    records = [one for one in found if one.fields is not None]
    if len(records) > 1:
        raise Unfit("it names more than one class.", "name one of them.")
    return (records or found or [Signature()])[0]


def _of_one(hint: Any) -> Signature:
    if isinstance(hint, Unresolved):
        raise Unfit(f"it cannot be evaluated: {hint.problem}", IMPORT_IT)
    if hint is Any or hint is object:
        return Signature()
    kind = typing.get_origin(hint) or hint
    if not isinstance(kind, type):
        raise Unfit("it is not a class.")
    if hasattr(kind, "__required_keys__"):
        return _typed_dict(kind)
    if is_record(kind):
        return _record(kind, _arguments(kind, hint))
    if _takes_any_name(kind):
        return Signature(kind.__name__, build=kind)
    if _is_served_by_dict(kind):
        return Signature()
    if kind.__name__ == "Trial":
        raise Unfit("that is the trial.", "swap the two: `def train(params, trial)`.")
    raise Unfit(f"{describe(kind)} is not a class with declared fields.")


def has_fields(kind: type) -> bool:
    """Return whether a class declares its fields, or is a TypedDict, which declares its keys."""
    return is_record(kind) or hasattr(kind, "__required_keys__")


def is_record(kind: type) -> bool:
    """Return whether a class declares its fields, by whichever library."""
    named_tuple = issubclass(kind, tuple) and hasattr(kind, "_fields")
    return named_tuple or any(hasattr(kind, mark) for mark in RECORDS)


def _takes_any_name(kind: type) -> bool:
    """Return whether a class is a namespace, or a dict of the user's own."""
    own_dict = issubclass(kind, dict) and kind is not dict
    return own_dict or issubclass(kind, SimpleNamespace | argparse.Namespace)


def _is_served_by_dict(kind: type) -> bool:
    try:
        return issubclass(dict, kind)
    except TypeError:  # a protocol with attributes
        return False


def _typed_dict(kind: Any) -> Signature:
    hints = {name: annotation_of(kind, name) for name in kind.__annotations__}
    fields = {
        name: Field(_is_required(hint, name in kind.__required_keys__), hint)
        for name, hint in hints.items()
    }
    return Signature(kind.__name__, fields)


def _is_required(hint: Any, otherwise: bool) -> bool:
    """Return whether a key is required; the class itself cannot tell if annotations are texts."""
    return {Required: True, NotRequired: False}.get(typing.get_origin(hint), otherwise)


def _record(kind: type, arguments: Mapping[Any, Any]) -> Signature:
    try:
        constructor = inspect.signature(kind).parameters.values()
    except (TypeError, ValueError) as error:
        raise Unfit(
            f"the constructor of {kind.__name__} has no readable signature: {error}"
        ) from None
    validates = hasattr(kind, PYDANTIC)
    if not getattr(kind, "__pydantic_complete__", True):
        _complete(kind)
    fields = {
        one.name: Field(
            one.default is one.empty,
            substituted(_field_hint(kind, one), arguments),
            partial(_default, kind, one),
        )
        for one in constructor
        if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)
    }
    is_open = any(one.kind is one.VAR_KEYWORD for one in constructor)
    return Signature(kind.__name__, fields, kind, is_open, validates)


def _complete(kind: Any) -> None:
    """Let pydantic look again for types that were not defined yet; raises Unfit."""
    try:
        kind.model_rebuild()
    except Exception as error:  # PydanticUndefinedAnnotation, or what a type of the user's raises
        raise Unfit(str(error).partition("\n")[0], IMPORT_IT) from None


def _field_hint(kind: type, parameter: inspect.Parameter) -> Any:
    """Return a field's evaluated annotation; Any if an attrs converter makes its value."""
    for attribute in getattr(kind, "__attrs_attrs__", ()):
        if attribute.alias == parameter.name:
            return Any if attribute.converter else annotation_of(kind, attribute.name)
    declared = annotation_of(kind, parameter.name)
    if declared is not Any or parameter.annotation is parameter.empty:
        return declared
    return evaluate(parameter.annotation, kind.__module__)  # of an `__init__` of its own


def _default(kind: Any, parameter: inspect.Parameter) -> Any:
    """Return the default of a field, made anew if a factory makes it; None if there is none."""
    name = parameter.name
    declared = [getattr(kind, mark, None) for mark in ("__dataclass_fields__", PYDANTIC)]
    fields = [one[name] for one in declared if isinstance(one, Mapping) and name in one]
    fields += [one.default for one in getattr(kind, "__attrs_attrs__", ()) if one.alias == name]
    for field in fields:
        factory = getattr(field, "default_factory", None) or getattr(field, "factory", None)
        if callable(factory):
            with suppress(Exception):  # one that takes arguments, or the user's own
                return factory()
    return None if parameter.default is parameter.empty else parameter.default


def _arguments(kind: Any, hint: Any) -> dict[Any, Any]:
    """Return the types given for a class's type variables: `P[int]`."""
    return dict(zip(getattr(kind, "__parameters__", ()), typing.get_args(hint), strict=False))
