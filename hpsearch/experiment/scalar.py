"""A value as an experiment holds it, single or with others in it, and what is said of any other."""

import json
import math
from typing import Annotated, Any

from pydantic import AfterValidator, ValidationError, ValidatorFunctionWrapHandler, WrapValidator
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


def is_plain(value: Any) -> bool:
    """Return whether a file can hold a value: a single one, or lists and mappings of such."""
    if isinstance(value, dict):
        return all(isinstance(key, str) for key in value) and all(map(is_plain, value.values()))
    if isinstance(value, list):
        return all(map(is_plain, value))
    return value is None or isinstance(value, bool | int | float | str)


def _checked(value: Any) -> Any:
    if not is_plain(value):
        raise ValueError("a file cannot hold it")
    return value


Plain = Annotated[
    Any,
    AfterValidator(_checked),
    expected(
        "a value that a file can hold: true, false, a number, a text, null, or a list or mapping",
        "choose between names, and look up in the trainable what each stands for.",
    ),
]
Choices = Annotated[
    list[Plain] | dict[str, Plain],
    expected(
        "a list of values, or values by name, such as `small: [64, 32]`",
        "a choice is true, false, a number, a text, null, a list or a mapping.",
    ),
]


def has_infinite(value: Any) -> bool:
    """Return whether a number in it is not finite."""
    if isinstance(value, dict):
        return any(map(has_infinite, value.values()))
    if isinstance(value, list):
        return any(map(has_infinite, value))
    return isinstance(value, float) and not math.isfinite(value)


def form(value: Any) -> str:
    """Return a text that two values share if they are the same, also lists and mappings."""
    return json.dumps(value, sort_keys=True, default=repr)


def is_same(one: Value, other: Value) -> bool:
    """Return whether two values are one; to Python, `True`, `1` and `1.0` are equal."""
    return type(one) is type(other) and one == other


def as_list(wanted: Any) -> list[Any]:
    """Return a condition's value or values as a list."""
    return wanted if isinstance(wanted, list) else [wanted]
