"""A fixed hyperparameter of `params`: a single value, or a list, which is recorded as its text."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator

from hpsearch.common.text import written
from hpsearch.common.trial import Value
from hpsearch.experiment.formula import is_formula
from hpsearch.experiment.scalar import Plain, expected, form, has_infinite, is_same


def _finite(value: Any) -> Any:
    if isinstance(value, list) and has_infinite(value):
        raise ValueError("a record cannot hold it")
    return value


Fixed = Annotated[
    bool | int | float | str | list[Plain] | None,
    AfterValidator(_finite),
    expected(
        "true, false, a number, a text, null, or a list of such values",
        "choose between names, and look up in the trainable what each stands for.",
    ),
]


def label(value: Any) -> Value:
    """Return what is recorded and shown of a fixed value: itself, or the text of a list."""
    return written(value) if isinstance(value, list) else value


def is_fixed_as(fixed: Any, value: Any) -> bool:
    """Return whether a value is the fixed one; of a list also its text."""
    if isinstance(fixed, list):
        return form(value) == form(fixed) or value == label(fixed)
    return is_same(fixed, value)


def list_formulas(params: Mapping[str, Any]) -> Iterator[str]:
    """Find formulas in lists, which are not calculated, each as `what; fix`."""
    for name, value in params.items():
        for one in _texts(value) if isinstance(value, list) else ():
            if is_formula(one):
                yield (
                    f"`params.{name}` has the formula `{one}` in a list, where none is calculated; "
                    "give it a name of its own in `params`, and make the list in the trainable"
                )


def _texts(value: Any) -> Iterator[str]:
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in below:
        yield from _texts(one)
    if isinstance(value, str):
        yield value
