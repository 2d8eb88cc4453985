"""A condition, `when`: what it can say, and whether it holds.

`{optimizer: sgd}`, `{optimizer: [sgd, adam]}`, `{optimizer: {not: sgd}}`, `{depth: {at_least: 3}}`;
`any`, `all` and `not` combine conditions. All keys of one mapping must hold. A test of a parameter
that a trial does not have is false.
"""

import math
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, TypeGuard

from hpsearch.common.trial import Value
from hpsearch.experiment.scalar import as_list, is_same

RANGES: Mapping[str, Callable[[Any, Any], bool]] = {
    "at_least": operator.ge,
    "at_most": operator.le,
    "above": operator.gt,
    "below": operator.lt,
}
TESTS = (*RANGES, "not")
LOGIC = ("any", "all", "not")


class Unset(Enum):
    """Instead of a parameter's value: the trial has none, or it is not known yet."""

    ABSENT = "absent"
    UNKNOWN = "unknown"


Look = Callable[[str], Value | Unset]
"""Returns a parameter's value, as far as it is known."""


def holds(when: Mapping[str, Any], look: Look) -> bool | None:
    """Return whether a condition holds; None: that depends on values that are not known yet."""
    return every(_holds(key, wanted, look) for key, wanted in when.items())


def _holds(key: str, wanted: Any, look: Look) -> bool | None:
    if not is_logic(key, wanted):
        value = look(key)
        if value is Unset.UNKNOWN:
            return None
        return not isinstance(value, Unset) and passes(value, wanted)
    if key == "not":
        return opposite(holds(wanted, look))
    parts = [holds(one, look) for one in wanted]
    return every(parts) if key == "all" else opposite(every(map(opposite, parts)))


def passes(value: Value, wanted: Any) -> bool:
    """Return whether a parameter's value is the one wanted, one of them, or passes the test."""
    if not isinstance(wanted, dict):
        return any(is_same(value, one) for one in as_list(wanted))
    return all(
        not passes(value, bound)
        if word == "not"
        else is_number(value) and RANGES[word](value, bound)
        for word, bound in wanted.items()
    )


def every(parts: Iterable[bool | None]) -> bool | None:
    """Return False if one part is false, else None if one is unknown, else True."""
    found = [*parts]
    return False if False in found else None if None in found else True


def all_of(*conditions: Mapping[str, Any]) -> dict[str, Any]:
    """Return the condition that holds if all of these hold; empty ones always do."""
    some = [dict(one) for one in conditions if one]
    return some[0] if len(some) == 1 else {"all": some} if some else {}


def opposite(part: bool | None) -> bool | None:
    """Return the negation; what is unknown stays so."""
    return None if part is None else not part


def is_number(value: object) -> TypeGuard[int | float]:
    """Return whether it is a number; true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_finite(value: object) -> bool:
    """Return whether it is a number and neither infinite nor NaN."""
    return is_number(value) and (isinstance(value, int) or math.isfinite(value))


def is_logic(key: str, wanted: Any) -> bool:
    """Return whether the key combines conditions; else it is the name of a parameter."""
    if key == "not":
        return isinstance(wanted, dict)
    is_list = isinstance(wanted, list) and len(wanted) > 0
    return key in LOGIC and is_list and all(isinstance(one, dict) for one in wanted)


def each_test(when: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield each test in a condition: the name of a parameter, and what is wanted of it."""
    for key, wanted in when.items():
        if is_logic(key, wanted):
            for one in as_list(wanted):
                yield from each_test(one)
        else:
            yield key, wanted


def with_tests(when: Mapping[str, Any], change: Callable[[str, Any], Any]) -> dict[str, Any]:
    """Return a condition with each test changed."""

    def changed(key: str, wanted: Any) -> Any:
        if not is_logic(key, wanted):
            return change(key, wanted)
        if key == "not":
            return with_tests(wanted, change)
        return [with_tests(one, change) for one in wanted]

    return {key: changed(key, wanted) for key, wanted in when.items()}


def named_values(wanted: Any) -> list[Value]:
    """Return the values that a test names."""
    if isinstance(wanted, dict):
        return as_list(wanted["not"]) if "not" in wanted else []
    return as_list(wanted)
