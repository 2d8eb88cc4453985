"""The state machine of a trial."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpsearch.common.decision import TrialStopped
from hpsearch.common.privacy import Privacy
from hpsearch.common.trial import LEGAL_CHANGES, IllegalChange, TrialRecord, TrialState

STATES = st.sampled_from(list(TrialState))


def record(state: TrialState, number: int = 0, *values: float) -> TrialRecord:
    return TrialRecord(number, 0, {}, state, datetime.now(UTC), values=values)


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


def test_every_state_can_be_reached_and_only_four_are_final() -> None:
    reached = {state for changes in LEGAL_CHANGES.values() for state in changes}
    assert reached == set(TrialState)
    final = {state for state in TrialState if state.is_finished}
    ended = {TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAILED, TrialState.INFEASIBLE}
    assert final == ended


def test_what_a_notebook_shows_of_a_trial_has_no_secret() -> None:
    made = record(TrialState.COMPLETE, 3, 0.25)
    privacy = Privacy.of({}, ["licence"], ["x"])
    trial = replace(made, params={"licence": "A1-B2-C3", "x": 0.5}, privacy=privacy)
    assert repr(trial) == (
        "TrialRecord(number=3, state='complete', value=0.25, params={'licence': '***', 'x': 0.5})"
    )


def test_a_stop_is_not_swallowed_by_except_exception() -> None:
    with pytest.raises(TrialStopped):
        try:
            raise TrialStopped("enough")
        except Exception:
            pytest.fail("swallowed")
