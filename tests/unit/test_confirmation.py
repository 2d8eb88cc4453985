"""What a confirmation chooses and how it judges."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice

import pytest

from hpsearch.analysis.confirmation import (
    Contender,
    distinct,
    fresh_seeds,
    judge,
    median_training,
    repetitions,
)
from hpsearch.analysis.intervals import student_interval
from hpsearch.common.goal import Goal
from hpsearch.common.proposal import trial_seed
from hpsearch.common.trial import TrialRecord, TrialState, Value

ACCURACY = Goal("accuracy", "maximize")
BEGUN = datetime(2026, 11, 1, tzinfo=UTC)


def trial(number: int, value: float | None, **params: Value) -> TrialRecord:
    state = TrialState.FAILED if value is None else TrialState.COMPLETE
    values = () if value is None else (value,)
    return TrialRecord(number, 100 + number, params, state, BEGUN, values=values, reason="why")


def contender(number: int, *values: float | None, goal: Goal = ACCURACY) -> Contender:
    return Contender(trial(number, 0.9), goal, [trial(i, one) for i, one in enumerate(values)])


@pytest.mark.parametrize(
    ("values", "spread"),
    [
        ([1.0, 2.0, 3.0, 4.0, 5.0], 1.963243),  # t of 4 degrees of freedom 2.776445, sd 1.581139
        ([2.0, 4.0], 12.706205),  # t of 1 degree of freedom 12.706205, sd 1.414214
        ([3.0, 3.0, 3.0], 0.0),
    ],
)
def test_the_interval_is_students(values: list[float], spread: float) -> None:
    assert student_interval(values) == pytest.approx((3.0 - spread, 3.0 + spread), abs=1e-6)


def test_of_equal_configurations_the_best_trial_stands_for_all() -> None:
    records = [trial(0, 0.8, x=1.0), trial(1, 0.9, x=2.0), trial(2, 0.95, x=1.0), trial(3, None)]
    pruned = TrialRecord(4, 1, {"x": 3.0}, TrialState.PRUNED, BEGUN, values=(0.99,))
    assert [one.number for one in distinct([*records, pruned], [ACCURACY])] == [2, 1]
    loss = Goal("loss", "minimize")
    assert [one.number for one in distinct(records, [loss])] == [0, 1]


def test_seeds_are_fresh_and_the_same_each_time() -> None:
    first, second, third = islice(fresh_seeds(7, ()), 3)
    assert len({first, second, third, *(trial_seed(7, number) for number in range(1000))}) == 1003
    assert list(islice(fresh_seeds(7, {second}), 2)) == [first, third]


def test_one_seed_of_all_comes_before_the_next() -> None:
    wanted = repetitions([trial(12, 0.9), trial(7, 0.8)], [5, 6])
    assert [(one.repeats, one.seed) for one in wanted] == [(12, 5), (7, 5), (12, 6), (7, 6)]


def test_a_configuration_apart_from_all_others_wins() -> None:
    verdict = judge([contender(3, 0.80, 0.81, 0.80), contender(8, 0.90, 0.91, 0.90)])
    assert [one.trial.number for one in verdict.ranked] == [8, 3]
    assert verdict.winner is not None and verdict.winner.trial.number == 8
    assert not verdict.tied and verdict.text.startswith("trial 8 wins")


def test_overlapping_intervals_are_a_tie() -> None:
    others = [contender(12, 0.91, 0.93, 0.92), contender(7, 0.90, 0.92, 0.92)]
    verdict = judge([*others, contender(3, 0.50, 0.51, 0.50)])
    assert [one.trial.number for one in verdict.tied] == [7]
    assert verdict.text == (
        "a tie between trials 12 and 7: their intervals overlap; "
        "trial 12 has the highest mean and is taken"
    )


def test_each_objective_has_a_mean_of_its_own() -> None:
    both = [replace(trial(1, 0.8), values=(0.8, ms)) for ms in (4.0, 6.0)]
    one = Contender(trial(1, 0.9), ACCURACY, both)
    assert one.mean == pytest.approx(0.8) and one.mean_of(1) == 5.0


def test_less_may_be_better() -> None:
    loss = Goal("loss", "minimize")
    verdict = judge([contender(1, 0.5, 0.6, goal=loss), contender(2, 0.4, 0.5, goal=loss)])
    assert verdict.winner is not None and verdict.winner.trial.number == 2
    assert "lowest mean" in verdict.text
    assert verdict.winner.selection_bias == pytest.approx(0.45 - 0.9)


def test_what_failed_too_often_for_an_interval_cannot_win() -> None:
    verdict = judge([contender(1, 0.99, None, None), contender(2, 0.5, 0.6, None), contender(3)])
    assert [one.trial.number for one in verdict.ranked] == [2, 1, 3]
    assert verdict.text.startswith("trial 2 is the only one")
    assert len(verdict.ranked[0].failed) == 1
    nobody = judge([contender(1, 0.9), contender(2, None)])
    assert nobody.winner is None


def test_the_median_seed_is_taken_of_an_even_number_the_lesser() -> None:
    assert median_training(contender(1, 0.1, 0.9, 0.5)).values == (0.5,)
    assert median_training(contender(1, 0.1, 0.9, 0.5, 0.4)).values == (0.4,)


def test_the_searchs_own_figure_is_called_flattering() -> None:
    assert contender(1, 0.85, 0.87).selection_bias == pytest.approx(0.04)
