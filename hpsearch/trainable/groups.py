"""Groups of hyperparameters: made of full names such as `model.depth`, and what is in one."""

import typing
from collections.abc import Container, Mapping
from typing import Any

from hpsearch.trainable.hints import arms
from hpsearch.trainable.parameters import has_fields, is_record, signature_of


class Params(dict[str, Any]):
    """Nested hyperparameters that are also found by their full names: `params["model.depth"]`.

    Trainables that were written for flat names, with dots in them, go on working.
    """

    def __missing__(self, name: str) -> Any:
        head, dot, rest = name.partition(".") if isinstance(name, str) else ("", "", "")
        below = dict.get(self, head)
        if not dot or not isinstance(below, Mapping):
            raise KeyError(name)
        return Params(below)[rest]

    def __contains__(self, name: object) -> bool:
        try:
            self[name]  # type: ignore[index]
        except KeyError:
            return False
        return True

    def get(self, name: str, default: Any = None) -> Any:
        """Return a value, or the default if there is none."""
        try:
            return self[name]
        except KeyError:
            return default


def in_groups(params: Mapping[str, Any], whole: Container[str] = ()) -> dict[str, Any]:
    """Return hyperparameters with each group as a mapping; names in `whole` stay as they are."""
    found: dict[str, Any] = {}
    for name, value in params.items():
        *groups, last = [name] if name in whole else name.split(".")
        below = found
        for group in groups:
            below = below.setdefault(group, {})
        below[last] = value
    return found


def is_group(hint: Any) -> bool:
    """Return whether only a class with declared fields fits, so that its fields are a group."""
    kinds = [typing.get_origin(arm) or arm for arm in arms(hint)]
    return len(kinds) == 1 and isinstance(kinds[0], type) and has_fields(kinds[0])


def fields_of(value: object) -> dict[str, Any]:
    """Return what a mapping, or an instance of a class with fields, has by name; else nothing."""
    if isinstance(value, Mapping):
        return dict(value)
    kind = type(value)
    if not is_record(kind):
        return {}
    aliases = {one.alias: one.name for one in getattr(kind, "__attrs_attrs__", ())}
    names = {name: aliases.get(name, name) for name in signature_of(kind).fields or ()}
    return {name: getattr(value, own) for name, own in names.items() if hasattr(value, own)}
