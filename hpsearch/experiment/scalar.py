"""A single value as an experiment holds it, and the message for anything else."""

from typing import Annotated, Any

from pydantic import ValidationError, ValidatorFunctionWrapHandler, WrapValidator
from pydantic_core import PydanticCustomError

from hpsearch.common.trial import Value

SCHEMA = "`hpsearch schema` shows what is allowed."


def expected(what: str, fix: str = SCHEMA) -> WrapValidator:
    """Return a validator with one message for a wrong value: what is allowed, and a fix."""

    def check(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        try:
            return handler(value)
        except ValidationError:
            raise PydanticCustomError("unexpected", "{what}", {"what": what, "fix": fix}) from None

    return WrapValidator(check)


Scalar = Annotated[
    bool | int | float | str | None,
    expected("a single value: true, false, a number, a text or null"),
]
Suggested = Annotated[
    bool | int | float | str | list[bool | int | float | str | None] | None,
    expected("a value (true, false, a number, a text or null) or a list of values"),
]
Choices = Annotated[
    list[bool | int | float | str | None],
    expected(
        "a list of single values, each true, false, a number, a text or null",
        "give each list or mapping a name, such as `small`, and look it up in the trainable.",
    ),
]


def is_same(one: Value, other: Value) -> bool:
    """Return whether two values are one; to Python, `True`, `1` and `1.0` are equal."""
    return type(one) is type(other) and one == other


def as_list(wanted: Any) -> list[Any]:
    """Return a condition's value or values as a list."""
    return wanted if isinstance(wanted, list) else [wanted]
