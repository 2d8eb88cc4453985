"""The trials of a study are seen as if all were looked at; a finished one is shown once."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from optuna.study import create_study
from optuna.trial import FrozenTrial, Trial, TrialState

from hpsearch.strategies.seen_trials import SeenTrials

ENDS = st.sampled_from([TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL])


@given(st.lists(st.none() | st.tuples(st.integers(0, 9), ENDS), max_size=30))
def test_they_are_seen_in_order_whenever_they_end_and_then_looked_at_no_more(
    steps: list[tuple[int, TrialState] | None],
) -> None:
    shown: Counter[int] = Counter()

    def show(frozen: FrozenTrial) -> FrozenTrial | None:
        shown[frozen.number] += 1
        return None if frozen.number % 5 == 4 else frozen

    study = create_study()
    seen, running = SeenTrials(show), list[Trial]()
    for step in steps:  # None: another trial begins; else one of those that run ends
        if step is None:
            running.append(study.ask())
        elif running:
            place, state = step
            value = 1.0 if state is TrialState.COMPLETE else None
            study.tell(running.pop(place % len(running)), value, state)
        every = study.get_trials(deepcopy=False)
        known = [one._trial_id for one in every], {one._trial_id: one for one in every}
        assert seen.every(*known) == [one for one in every if one.number % 5 != 4]
        assert seen.complete(*known) == [
            one for one in every if one.state is TrialState.COMPLETE and one.number % 5 != 4
        ]
        shown.clear()
        seen.every(*known)
        assert shown.keys() == {one.number for one in every if not one.state.is_finished()}
