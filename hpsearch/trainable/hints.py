"""Type hints: unwrapped, unions split into their types, described for people."""

import dataclasses
import sys
import types
import typing
from collections.abc import Mapping
from enum import Enum
from typing import (
    Annotated,
    Any,
    ClassVar,
    Final,
    ForwardRef,
    Literal,
    LiteralString,
    NotRequired,
    Required,
    TypeVar,
    Union,
)

TRANSPARENT = (Annotated, Final, ClassVar, Required, NotRequired)
"""Wrappers of a type that say nothing about the value."""


BARE_FORMS = {Final: Any, dataclasses.InitVar: Any, LiteralString: str}
"""What a form means without brackets."""


@dataclasses.dataclass(frozen=True)
class Unresolved:
    """An annotation that cannot be evaluated."""

    text: str
    problem: str


def bare(hint: Any) -> Any:
    """Return a hint without Annotated, Final, NewType, TypeVar, InitVar and names for types."""
    inner = _inner(hint)
    return hint if inner is hint else bare(inner)


def _inner(hint: Any) -> Any:
    if hint is None:
        return types.NoneType
    if isinstance(hint, TypeVar):
        return _of_variable(hint)
    if isinstance(hint, dataclasses.InitVar):
        return hint.type
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in TRANSPARENT:
        return arguments[0]
    if isinstance(origin, type) and not arguments:
        return origin  # typing.List, typing.Hashable
    return _named_otherwise(hint)


def _named_otherwise(hint: Any) -> Any:
    alias = typing.get_origin(hint) or hint
    if type(alias).__name__ == "TypeAliasType":  # `type X[T] = …`, from Python 3.12 on
        given = zip(alias.__type_params__, typing.get_args(hint), strict=False)
        return substituted(alias.__value__, dict(given))
    if hint in BARE_FORMS:
        return BARE_FORMS[hint]
    return getattr(hint, "__supertype__", hint)  # a NewType's


def _of_variable(variable: TypeVar) -> Any:
    bound, constraints = variable.__bound__, variable.__constraints__
    if isinstance(bound, ForwardRef):
        name = bound.__forward_arg__
        unknown = Unresolved(str(variable), f"there is no {name!r}.")
        return getattr(sys.modules.get(variable.__module__), name, unknown)
    return bound or (Union[constraints] if constraints else Any)  # noqa: UP007


def substituted(hint: Any, arguments: Mapping[Any, Any]) -> Any:
    """Return a hint with types in place of its type variables."""
    if isinstance(hint, TypeVar):
        return arguments.get(hint, hint)
    variables = getattr(hint, "__parameters__", ())
    if not variables or isinstance(hint, type):
        return hint
    return hint[tuple(arguments.get(one, one) for one in variables)]


def is_union(hint: Any) -> bool:
    """Return whether a hint is `X | Y`, `Optional[X]` or `Union[X, Y]`."""
    return typing.get_origin(hint) in (Union, types.UnionType)


def arms(hint: Any) -> list[Any]:
    """Return the types of a union, and of unions in it; of any other hint that one alone."""
    hint = bare(hint)
    if not is_union(hint):
        return [hint]
    return [arm for one in typing.get_args(hint) for arm in arms(one)]


def is_enum(hint: Any) -> bool:
    """Return whether a hint is an enum, or a Literal with members of one."""
    if typing.get_origin(hint) is Literal:
        return any(isinstance(one, Enum) for one in typing.get_args(hint))
    return isinstance(hint, type) and issubclass(hint, Enum)


def describe(hint: Any) -> str:
    """Return a hint as a person reads it; an enum with its members."""
    return " | ".join(dict.fromkeys(_named(arm) for arm in arms(hint)))


def _named(hint: Any) -> str:
    if hint is types.NoneType:
        return "None"
    if typing.get_origin(hint) is Literal:
        return " | ".join(_member(one) for one in typing.get_args(hint))
    if isinstance(hint, Unresolved):
        return hint.text
    if is_enum(hint) and len(hint):
        members = ", ".join(f"{one.name} = {one.value!r}" for one in hint)
        return f"{hint.__name__} ({members})"
    if isinstance(hint, type) and not typing.get_args(hint):
        return f"np.{hint.__name__}" if hint.__module__ == "numpy" else hint.__name__
    return str(hint).replace("typing.", "")


def _member(value: object) -> str:
    return f"{value} = {value.value!r}" if isinstance(value, Enum) else repr(value)
