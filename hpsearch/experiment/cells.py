"""The values of a parameter in cells: no condition tells the values of one cell apart.

So a question about all values of a space needs one value of each cell.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from hpsearch.common.trial import Value
from hpsearch.experiment.condition import RANGES, each_test, is_number, named_values
from hpsearch.experiment.parameter import Categorical, Float, Int, Parameter
from hpsearch.experiment.space import Space
from hpsearch.experiment.steps import count_steps, count_up_to, value_at


@dataclass(frozen=True)
class Cell:
    """Values of a parameter: one of them, and how many there are; None: a range of floats."""

    value: Value
    count: int | None = 1


def wanted_of(space: Space, name: str, names: Iterable[str]) -> list[Any]:
    """Return what the conditions of these parameters want of one parameter."""
    return [
        wanted for one in names for parent, wanted in each_test(space[one].when) if parent == name
    ]


def cells(parameter: Parameter, tests: Sequence[Any]) -> list[Cell]:
    """Return the cells of a parameter under these tests, in the order of the values.

    A range of floats has no cell for a single value: it comes only by accident.
    """
    if isinstance(parameter, Categorical):
        return [Cell(label) for label in parameter.labels]
    if parameter.step is None and parameter.low < parameter.high:
        return [*_ranges(parameter.low, parameter.high, tests)]
    return [*_stepped(parameter, tests)]


def _ranges(low: float, high: float, tests: Sequence[Any]) -> Iterator[Cell]:
    bounds = {value for value, _ in _cuts(tests) if low < value < high}
    for start, end in pairwise(sorted({low, high, *bounds})):
        yield Cell(start + (end - start) / 2, None)


def _stepped(parameter: Float | Int, tests: Sequence[Any]) -> Iterator[Cell]:
    low, high, step = parameter.low, parameter.high, parameter.step or 1
    inside = [(value, is_after) for value, is_after in _cuts(tests) if low <= value <= high]
    cuts = {count_up_to(low, step, value, with_itself=is_after) for value, is_after in inside}
    for start, end in pairwise(sorted({0, count_steps(low, high, step), *cuts})):
        yield Cell(value_at(low, step, start), end - start)


def _cuts(tests: Sequence[Any]) -> Iterator[tuple[float, bool]]:
    """Yield each number at which a test changes, and whether it changes after it or before it."""
    for wanted in tests:
        for value in filter(is_number, named_values(wanted)):
            yield from ((value, False), (value, True))
        if isinstance(wanted, dict):
            for word in wanted.keys() & RANGES.keys():
                yield wanted[word], word in ("at_most", "above")
