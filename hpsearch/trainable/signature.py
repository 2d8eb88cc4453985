"""What a trainable takes: the fields of its first parameter, and what that parameter is made by."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


def no_default() -> Any:
    """Return None: a field without a default, or with one that is not looked at."""
    return None


@dataclass(frozen=True)
class Field:
    """One hyperparameter of a trainable, or a group of them, with the type it is converted to.

    `default` makes the value that it has if it is not given.
    """

    required: bool
    hint: Any = Any
    default: Callable[[], Any] = dataclasses.field(default=no_default, compare=False)


ANYTHING = Field(required=False)
"""Used for a name that is not a field."""


@dataclass(frozen=True)
class Signature:
    """The fields of a trainable's parameters; `fields` is None if any name is accepted.

    `is_open` allows further names beside the fields; a class that `validates` says itself which
    values it takes.
    """

    type_name: str = "dict"
    fields: Mapping[str, Field] | None = None
    build: Callable[..., Any] = dataclasses.field(default=dict, compare=False)
    is_open: bool = False
    validates: bool = False

    def field(self, name: str) -> Field:
        """Return the field of that name; if there is none, one that takes anything."""
        return (self.fields or {}).get(name, ANYTHING)
