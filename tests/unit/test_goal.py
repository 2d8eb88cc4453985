"""An objective knows its value of a curve, what is better, and how it is shown."""

import math
from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpsearch.common.goal import Direction, Goal, Take, best_record, measurement_of_value
from hpsearch.common.trial import Measurement, Source, TrialRecord, TrialState
from tests.support import make_experiment

HIGH, LOW = Goal("value", "maximize"), Goal("value", "minimize")
LAST = Goal("value", "maximize", "last")


def record(state: TrialState, number: int = 0, *values: float) -> TrialRecord:
    return TrialRecord(number, 0, {}, state, datetime.now(UTC), values=values)


def curve(*values: float) -> list[Measurement]:
    return [Measurement(step, {"value": value}, 0.0) for step, value in enumerate(values)]


def one(value: float, source: Source) -> Measurement:
    return Measurement(9, {"value": value}, 0.0, source)


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=12))
def test_the_value_is_that_of_the_first_best_finite_measurement(values: list[float]) -> None:
    finite = [value for value in values if math.isfinite(value)]
    best = measurement_of_value(curve(*values), [HIGH])
    if not finite:
        assert best is None
    else:
        assert best is not None
        assert best.metrics["value"] == max(finite)
        assert best.step == values.index(max(finite))


def test_less_is_better_where_the_goal_says_so() -> None:
    best = measurement_of_value(curve(3.0, 1.0, 2.0), [LOW])
    assert best is not None and best.step == 1


def test_several_objectives_are_taken_from_the_last_measurement() -> None:
    goals = [Goal("a", "maximize"), Goal("b", "minimize")]
    points = [Measurement(s, {"a": 1.0 - s, "b": float(s)}, 0.0) for s in range(3)]
    best = measurement_of_value(points, goals)
    assert best is not None and best.step == 2


def test_the_best_trial_is_complete_and_the_earliest_of_equals() -> None:
    records = [
        record(TrialState.PRUNED, 0, 0.9),
        record(TrialState.COMPLETE, 1, 0.5),
        record(TrialState.COMPLETE, 2, 0.7),
        record(TrialState.COMPLETE, 3, 0.7),
    ]
    best = best_record(records, [HIGH])
    assert best is not None and best.number == 2
    assert best_record(records[:1], [HIGH]) is None


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=12))
def test_the_last_finite_report_is_taken_if_the_goal_says_so(values: list[float]) -> None:
    finite = [value for value in values if math.isfinite(value)]
    assert LAST.value_of(curve(*values)) == (finite[-1] if finite else None)


@pytest.mark.parametrize("goal", [HIGH, LOW, LAST])
@given(values=st.lists(st.floats(-9, 9), max_size=5), returned=st.floats(-9, 9))
def test_what_was_returned_is_final_whatever_was_reported(
    goal: Goal, values: list[float], returned: float
) -> None:
    assert goal.value_of([*curve(*values), one(returned, "returned")]) == returned


def test_of_several_objectives_a_result_is_final_only_if_it_has_them_all() -> None:
    goals = [Goal("a", "maximize"), Goal("b", "minimize")]
    report = Measurement(1, {"a": 1.0, "b": 1.0}, 0.0)
    whole = Measurement(2, {"a": 0.0, "b": 9.0}, 0.0, "returned")
    part = Measurement(2, {"a": 5.0}, 0.0, "returned")
    assert measurement_of_value([report, whole], goals) is whole
    assert measurement_of_value([report, part], goals) is report


def test_what_was_logged_is_never_the_value() -> None:
    assert HIGH.value_of([one(5.0, "logged")]) is None
    assert LAST.value_of([*curve(1.0), one(5.0, "logged")]) == 1.0


@pytest.mark.parametrize("goal", [HIGH, LOW, LAST])
def test_nothing_is_better_than_itself(goal: Goal) -> None:
    assert not goal.is_better(1.0, 1.0)
    assert goal.is_better(2.0, 1.0) is (goal.direction == "maximize")


def test_a_goal_is_named_in_one_way_everywhere() -> None:
    assert HIGH.label == "maximize value" and LAST.label == "maximize value (last report)"


@pytest.mark.parametrize("direction", get_args(Direction))
@pytest.mark.parametrize("take", get_args(Take))
def test_the_data_of_a_goal_are_those_of_the_experiment_file(
    direction: Direction, take: Take
) -> None:
    goal = Goal("value", direction, take)
    assert make_experiment(objective=goal.as_data()).goals == (goal,)
