"""A space as samplers, journal and MLflow have it: without lists.

A space is written with lists and read without them; it keeps what was written.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from hpsearch.common.errors import did_you_mean
from hpsearch.common.trial import Value
from hpsearch.experiment.lists import LONGEST, List, Written
from hpsearch.experiment.parameter import Categorical, Int, Parameter
from hpsearch.experiment.space import Space, with_own_values
from hpsearch.experiment.values import largest_value


class FlatSpace(Space):
    """A space in which each item of a list is a parameter of its own.

    `written` is the space as it was written, `lists` are the lists in it.
    """

    def __init__(self, written: Mapping[str, Any] | None = None) -> None:
        """Take the lists of a space apart."""
        flat: Space = {}
        for name, one in (written or {}).items():
            if isinstance(one, List):
                count = _longest(written or {}, one)
                flat |= {f"{name}.{index}": one.item(index) for index in range(count)}
            else:
                flat[name] = one
        super().__init__(with_own_values(flat, flat))
        self.written: Mapping[str, Parameter | List] = with_own_values(written or {}, flat)
        self.lists = {name: one for name, one in self.written.items() if isinstance(one, List)}

    def lengths(self, one: List) -> Sequence[int]:
        """Return the least and the largest number of items of a list."""
        lengths = possible_lengths(self.written, one)
        return (min(lengths), max(lengths)) if lengths else ()

    def owner(self, name: str) -> str:
        """Return the list that a parameter is an item of; else its own name."""
        list_name, _, index = name.rpartition(".")
        return list_name if list_name in self.lists and index.isdecimal() else name

    def with_lists(self, params: Mapping[str, Value]) -> dict[str, Any]:
        """Return hyperparameters with the items of each list in one, if all of them are there."""
        found: dict[str, Any] = dict(params)
        for name, one in self.lists.items():
            count = one.count(params)
            items = [f"{name}.{index}" for index in range(count or 0)]
            if count is not None and all(item in found for item in items):
                found[name] = [found.pop(item) for item in items]
        return found


def _longest(written: Mapping[str, Any], one: List) -> int:
    """Return the most items that a list can have; 0 if its length is not valid."""
    most = max(possible_lengths(written, one), default=0)
    return most if most <= LONGEST else 0


def possible_lengths(written: Mapping[str, Any], one: List) -> Sequence[int]:
    """Return the least and the largest length of a list; none if one is not a whole number."""
    if isinstance(one.length, int):
        return [one.length]
    parameter = written.get(one.length)
    if isinstance(parameter, Int):
        return [parameter.low, int(largest_value(parameter))]
    choices = parameter.labels if isinstance(parameter, Categorical) else []
    lengths = [one for one in choices if type(one) is int]
    return lengths if len(lengths) == len(choices) else []


def list_problems(space: FlatSpace, fixed: Mapping[str, object]) -> Iterator[str]:
    """Find what is wrong with the lists, each as `what; fix`."""
    for name, one in space.lists.items():
        problem = _length_problem(space, fixed, one)
        if problem is not None:
            yield f"`space.{name}` {problem}"


def _length_problem(space: FlatSpace, fixed: Mapping[str, object], one: List) -> str | None:
    length, lengths = one.length, possible_lengths(space.written, one)
    takes = f"has the length `{length}`"
    if length in fixed:
        return f"{takes}, which is fixed; write the number itself"
    if isinstance(length, str) and length not in space:
        hint = did_you_mean(length, space).rstrip("?.")
        return f"{takes}, which is not in `space`; {hint}"
    if not lengths:
        return f"{takes}, which is not always a whole number; name an int parameter"
    if not 0 <= min(lengths) <= max(lengths) <= LONGEST:
        wrong = min(lengths) if min(lengths) < 0 else max(lengths)
        return f"{takes}, which can be {wrong}; a list has from 0 to {LONGEST} items"
    return None


class Flat:
    """Has pydantic read a space as it is written, and write it so again."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Return the schema of what is written, read as a FlatSpace."""
        written = handler(source)
        return core_schema.no_info_after_validator_function(
            FlatSpace,
            written,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda space: space.written, return_schema=written
            ),
        )


if TYPE_CHECKING:
    Searched = FlatSpace
else:
    Searched = dict[str, Written]  # as it is written
