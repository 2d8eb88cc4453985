"""What a class that validates its own values, as pydantic's do, refuses of an experiment."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hpsearch.trainable.conversion import convert
from hpsearch.trainable.groups import in_groups
from hpsearch.trainable.signature import Signature
from hpsearch.trainable.structures import filled


def refusals(
    signature: Signature, values: Mapping[str, Sequence[Any]], default: object
) -> Iterator[tuple[str, Any, str]]:
    """Yield the names of which the class refuses a value, that value, and what the class says.

    Single values are tried, not combinations: beside the first value of each other name.
    """
    sample = {name: some[0] for name, some in values.items() if some}
    for name, some in values.items():
        for value in some:
            problem = _problem(signature, {**sample, name: value}, name, default)
            if problem is not None:
                yield name, value, problem
                break


def _problem(
    signature: Signature, params: Mapping[str, Any], name: str, default: object
) -> str | None:
    try:
        filled(in_groups(params, signature.fields or ()), signature, convert, default)
    except Exception as error:  # a user's validator can raise anything
        found: list[dict[str, Any]] = getattr(error, "errors", list)()
        said = [one["msg"] for one in found if _is_of(one["loc"], name)]
        return f"{signature.type_name} says: {said[0]}." if said else None
    return None


def _is_of(location: Sequence[str | int], name: str) -> bool:
    """Return whether pydantic's place of an error is in the hyperparameter of this name."""
    parts = iter(location)
    return name in location or all(one in parts for one in name.split("."))
