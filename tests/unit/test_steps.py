"""Steps in decimals: what a person would write, never what floats come to."""

import pytest

from hpsearch.experiment import all_values, nearest_value
from hpsearch.experiment.steps import count_steps, last_value, why_inexact


def test_the_values_of_a_step_are_those_that_a_person_writes() -> None:
    assert all_values(0.1, 0.5, 0.1) == [0.1, 0.2, 0.3, 0.4, 0.5]
    assert all_values(-0.3, 0.3, 0.15) == [-0.3, -0.15, 0.0, 0.15, 0.3]
    assert all_values(1, 8, 3) == [1, 4, 7]


@pytest.mark.parametrize(
    ("low", "high", "step", "last", "count"),
    [
        (0.0, 1.0, 0.3, 0.9, 4),
        (0.0, 0.1, 0.5, 0.0, 1),  # a step larger than the range
        (1, 10, 4, 9, 3),
        (1e-3, 1e-2, 1e-3, 1e-2, 10),
        (-(2**53), 2**53, 2**52, 2**53, 5),
    ],
)
def test_the_last_value_is_known_before_anything_runs(
    low: float, high: float, step: float, last: float, count: int
) -> None:
    assert last_value(low, high, step) == last
    assert count_steps(low, high, step) == count


def test_a_sampler_s_number_becomes_the_value_that_it_means() -> None:
    assert nearest_value(0.1, 0.5, 0.1, 0.30000000000000004) == 0.3
    assert nearest_value(0.1, 0.5, 0.1, 0.6) == 0.5
    assert nearest_value(0.0, 1.0, None, 1.0000000000000002) == 1.0
    assert nearest_value(1, 8, 3, 6.9) == 7


@pytest.mark.parametrize(
    ("low", "high", "step", "log", "part"),
    [
        (0, 2**53 + 1, 1, False, "2^53"),
        (-(10**30), 0, 1, False, "2^53"),
        (-1e308, 1e308, None, False, "largest float"),
        (1e16, 1e16 + 100, 1.0, False, "cannot hold steps"),
        (1000000.1, 2000000.0, 0.3333333333333333, False, "cannot hold steps"),
        (2**53 - 5, 2**53, 1, True, "no room"),
    ],
)
def test_what_floats_cannot_hold_is_refused_with_the_limit(
    low: float, high: float, step: float | None, log: bool, part: str
) -> None:
    assert part in (why_inexact(low, high, step, log=log) or "")


@pytest.mark.parametrize(
    ("low", "high", "step", "log"),
    [
        (-(2**53), 2**53, 1, False),
        (0.0, 1.7e308, None, False),
        (1e-320, 1.0, None, True),
        (5.0, 5.0, None, True),
        (0.1, 0.5, 0.1, False),
    ],
)
def test_what_floats_can_hold_is_not_refused(
    low: float, high: float, step: float | None, log: bool
) -> None:
    assert why_inexact(low, high, step, log=log) is None
