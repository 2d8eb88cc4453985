"""What a trainable takes: the fields of its first parameter, and how that parameter is made."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hpsearch.common.trial import Value
from hpsearch.trainable.conversion import Misfit, convert


@dataclass(frozen=True)
class Field:
    """One hyperparameter of a trainable, with the type that it is converted to."""

    required: bool
    hint: Any = Any


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

    def fill(self, params: Mapping[str, Value]) -> Any:
        """Return the function's first parameter; raises TypeError if a value does not fit."""
        return self.build(**{name: self._converted(name, value) for name, value in params.items()})

    def _converted(self, name: str, value: Value) -> Any:
        field = (self.fields or {}).get(name, ANYTHING)
        try:
            return convert(value, field.hint)
        except Misfit as misfit:
            problem = f"`{name}` of {self.type_name} cannot be {value!r}: {misfit}"
            raise TypeError(problem) from None
