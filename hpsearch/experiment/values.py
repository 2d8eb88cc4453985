"""The values of a parameter: which one is meant, how many there are, the largest."""

import math
from typing import Any

from hpsearch.common.trial import Value
from hpsearch.experiment.parameter import Categorical, Float, Int, Parameter
from hpsearch.experiment.scalar import form, is_same
from hpsearch.experiment.steps import count_steps, last_value, nearest_value


def is_continuous(parameter: Parameter) -> bool:
    """Return whether it is a range of floats: it has a given value only by accident."""
    if not isinstance(parameter, Float):
        return False
    return parameter.step is None and parameter.low < parameter.high


def own_values(parameter: Parameter, value: Any) -> list[Value]:
    """Return the parameter's value that a condition's value means; none if it has no such value.

    `1` means 1 for an int, 1.0 for a float, and 1.0 for the choices `[true, 1.0]`. A choice with a
    name is meant by its name, or by its value.
    """
    if isinstance(parameter, Categorical):
        return _own_label(parameter, value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return []
    if not parameter.low <= value <= parameter.high:
        return []
    own = nearest_value(parameter.low, parameter.high, parameter.step, value)
    return [own] if own == value else []


def same_values(parameter: Parameter, value: Any) -> list[Value]:
    """Return the parameter's value with which the trainable is given this one; none if none is."""
    if isinstance(parameter, Categorical):
        pairs = zip(parameter.labels, parameter.values, strict=True)
        return [label for label, choice in pairs if form(choice) == form(value)]
    return own_values(parameter, value)


def _own_label(parameter: Categorical, value: Any) -> list[Value]:
    labels = parameter.labels
    equal = [one for one in labels if one == value and not _is_one_bool(one, value)]
    named = [one for one in equal if is_same(one, value)] or equal[:1]
    pairs = zip(labels, parameter.values, strict=True)
    return named or [label for label, choice in pairs if form(choice) == form(value)][:1]


def _is_one_bool(one: Value, other: Value) -> bool:
    return isinstance(one, bool) != isinstance(other, bool)


def count_values(parameter: Parameter) -> int | None:
    """Return how many values a parameter has; None: a range of floats."""
    if isinstance(parameter, Categorical):
        return len(parameter.choices)
    if parameter.step is None:
        return None
    return count_steps(parameter.low, parameter.high, parameter.step)


def largest_value(parameter: Float | Int) -> float:
    """Return the largest value that is ever proposed."""
    if parameter.step is None:
        return parameter.high
    return last_value(parameter.low, parameter.high, parameter.step)
