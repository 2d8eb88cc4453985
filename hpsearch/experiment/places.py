"""Where a value is in the range of its parameter, from 0 to 1 on the parameter's own scale."""

import math

from hpsearch.experiment.parameter import Float, Int
from hpsearch.experiment.steps import nearest_value
from hpsearch.experiment.values import largest_value


def place_of(parameter: Float | Int, value: float) -> float:
    """Return the place of a value of the parameter; 0.5 if there is only one value."""
    low, high = _ends(parameter)
    at = math.log(value) if parameter.log else value
    return 0.5 if high == low else (at - low) / (high - low)


def value_at_place(parameter: Float | Int, place: float) -> float:
    """Return the parameter's value nearest to a place; outside 0 to 1 it is that of an end."""
    low, high = _ends(parameter)
    at = low + min(max(place, 0.0), 1.0) * (high - low)
    value = math.exp(at) if parameter.log else at
    return nearest_value(parameter.low, parameter.high, parameter.step, value)


def _ends(parameter: Float | Int) -> tuple[float, float]:
    """Return the ends of the range; each stepped value has the same room in it."""
    half = (parameter.step or 0) / 2
    low, high = parameter.low - half, largest_value(parameter) + half
    return (math.log(low), math.log(high)) if parameter.log else (low, high)
