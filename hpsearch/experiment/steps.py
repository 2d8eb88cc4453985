"""The values of a stepped parameter: `low`, `low + step`, …, exactly as a person would write them.

Floats are calculated as decimals: 0.1 + 2 × 0.1 is 0.3 and not 0.30000000000000004. Imports nothing
of hpsearch.
"""

import math
from decimal import Decimal

LARGEST_INT = 2**53
"""Samplers calculate in floats, which skip whole numbers beyond this one."""

LEAST_LOG_WIDTH = 1e-9
"""Below it, rounding errors are as large as what samplers tell apart on a logarithmic scale."""


def count_steps(low: float, high: float, step: float) -> int:
    """Return how many values there are, `low` and the last one included."""
    return int((_exact(high) - _exact(low)) // _exact(step)) + 1


def last_value(low: float, high: float, step: float) -> float:
    """Return the largest value, which is below `high` if the step does not divide the range."""
    return _plain(_after(low, step, count_steps(low, high, step) - 1), low)


def all_values(low: float, high: float, step: float) -> list[float]:
    """Return every value, in order."""
    return [value_at(low, step, n) for n in range(count_steps(low, high, step))]


def value_at(low: float, step: float, index: int) -> float:
    """Return `low` after so many steps."""
    return _plain(_after(low, step, index), low)


def count_up_to(low: float, step: float, bound: float, *, with_itself: bool) -> int:
    """Return how many values are below a bound that is not below `low`; or at most the bound."""
    steps, rest = divmod(_exact(bound) - _exact(low), _exact(step))
    return int(steps) + (with_itself or rest > 0)


def nearest_value(low: float, high: float, step: float | None, value: float) -> float:
    """Return the value nearest to one that a sampler calculated, with its rounding errors."""
    if step is None:
        return min(max(value, low), high)
    index = round((_exact(value) - _exact(low)) / _exact(step))
    last = count_steps(low, high, step) - 1
    return _plain(_after(low, step, min(max(index, 0), last)), low)


def why_inexact(low: float, high: float, step: float | None, *, log: bool) -> str | None:
    """Return why the range cannot be searched exactly and how to change it, None if it can."""
    if isinstance(low, int) and isinstance(high, int):
        if max(abs(low), abs(high)) > LARGEST_INT:
            return (
                f"a whole number beyond {LARGEST_INT:,} (2^53) cannot be proposed exactly; "
                "search an exponent or a factor instead, or list the values as `choices`"
            )
    elif not math.isfinite(high - low):
        return "`high` - `low` is above the largest float, 1.8e308; bring them closer together"
    elif step is not None and _is_too_fine(low, high, step):
        return f"floats from {low} to {high} cannot hold steps of {step}; use a larger `step`"
    if log and low < high and math.log(high) - math.log(low) < LEAST_LOG_WIDTH:
        return f"from {low} to {high} a logarithmic scale has no room; remove `log`"
    return None


def _is_too_fine(low: float, high: float, step: float) -> bool:
    """Return whether floats skip some of the values, or round the last one."""
    if step < math.ulp(max(abs(low), abs(high))):
        return True
    last = _after(low, step, count_steps(low, high, step) - 1)
    return _exact(float(last)) != last


def _after(low: float, step: float, steps: int) -> Decimal:
    return _exact(low) + steps * _exact(step)


def _plain(value: Decimal, low: float) -> float:
    """Return a value as the kind of number that `low` is."""
    return int(value) if isinstance(low, int) else float(value)


def _exact(value: float) -> Decimal:
    """Return the number as it is written: 0.1 is a tenth."""
    return Decimal(repr(value))
