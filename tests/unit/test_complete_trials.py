"""The complete trials of a study are found as if all were looked at, and each is shown once."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from optuna.study import create_study
from optuna.trial import FrozenTrial, Trial, TrialState

from hpsearch.strategies.complete_trials import CompleteTrials

ENDS = st.sampled_from([TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL])


@given(st.lists(st.none() | st.tuples(st.integers(0, 9), ENDS), max_size=30))
def test_they_are_found_in_order_whenever_they_end(
    steps: list[tuple[int, TrialState] | None],
) -> None:
    shown: Counter[int] = Counter()

    def show(frozen: FrozenTrial) -> FrozenTrial | None:
        shown[frozen.number] += 1
        return None if frozen.number % 5 == 4 else frozen

    study = create_study()
    complete, running = CompleteTrials(show), list[Trial]()
    for step in steps:  # None: another trial begins; else one of those that run ends
        if step is None:
            running.append(study.ask())
        elif running:
            place, state = step
            value = 1.0 if state is TrialState.COMPLETE else None
            study.tell(running.pop(place % len(running)), value, state)
        every = study.get_trials(deepcopy=False)
        ended = [one for one in every if one.state is TrialState.COMPLETE]
        ids, trials = [one._trial_id for one in every], {one._trial_id: one for one in every}
        assert complete.among(ids, trials) == [one for one in ended if one.number % 5 != 4]
        assert shown == Counter(one.number for one in ended)
