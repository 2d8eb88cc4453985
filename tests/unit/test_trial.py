"""The state machine of a trial, and which measurement its value is taken from."""

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpsearch.common.trial import (
    LEGAL_CHANGES,
    Goal,
    IllegalChange,
    Measurement,
    TrialRecord,
    TrialState,
    TrialStopped,
    best_measurement,
    best_record,
)

STATES = st.sampled_from(list(TrialState))
HIGH, LOW = Goal("value", "maximize"), Goal("value", "minimize")


def record(state: TrialState, number: int = 0, *values: float) -> TrialRecord:
    return TrialRecord(number, 0, {}, state, datetime.now(UTC), values=values)


def curve(*values: float) -> list[Measurement]:
    return [Measurement(step, {"value": value}, 0.0) for step, value in enumerate(values)]


@given(st.lists(STATES, max_size=8))
def test_a_finished_trial_never_changes_again(wanted: list[TrialState]) -> None:
    trial = record(TrialState.RUNNING)
    for state in wanted:
        before = trial.state
        try:
            trial = trial.changed(state)
        except IllegalChange:
            assert state not in LEGAL_CHANGES[before]
            assert trial.state is before
        else:
            assert not before.is_finished


def test_every_state_can_be_reached_and_only_three_are_final() -> None:
    reached = {state for changes in LEGAL_CHANGES.values() for state in changes}
    assert reached == set(TrialState)
    final = {state for state in TrialState if state.is_finished}
    assert final == {TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAILED}


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=12))
def test_the_value_is_that_of_the_first_best_finite_measurement(values: list[float]) -> None:
    finite = [value for value in values if math.isfinite(value)]
    best = best_measurement(curve(*values), [HIGH])
    if not finite:
        assert best is None
    else:
        assert best is not None
        assert best.metrics["value"] == max(finite)
        assert best.step == values.index(max(finite))


def test_less_is_better_where_the_goal_says_so() -> None:
    best = best_measurement(curve(3.0, 1.0, 2.0), [LOW])
    assert best is not None and best.step == 1


def test_several_objectives_are_taken_from_the_last_measurement() -> None:
    goals = [Goal("a", "maximize"), Goal("b", "minimize")]
    points = [Measurement(s, {"a": 1.0 - s, "b": float(s)}, 0.0) for s in range(3)]
    best = best_measurement(points, goals)
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


def test_a_stop_is_not_swallowed_by_except_exception() -> None:
    with pytest.raises(TrialStopped):
        try:
            raise TrialStopped("enough")
        except Exception:
            pytest.fail("swallowed")
