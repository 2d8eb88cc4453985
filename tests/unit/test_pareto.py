"""The Pareto front and its hypervolume: what is infeasible or unfinished has no place in them."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from hpsearch.analysis import hypervolumes, pareto_front
from hpsearch.common.errors import UserError
from hpsearch.common.goal import Goal
from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.store.folder import FolderStudy
from hpsearch.usecases.confirmation.confirm import _complete_trial
from hpsearch.usecases.confirmation.contenders import choose
from hpsearch.usecases.identity import Identity
from hpsearch.usecases.view import StudyView
from tests.support import Bench, make_experiment

BOTH = [Goal("accuracy", "maximize"), Goal("latency", "minimize")]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def trials(*values: Sequence[float], state: TrialState = TrialState.COMPLETE) -> list[TrialRecord]:
    return [
        TrialRecord(number, 0, {"x": number}, state, NOW, values=tuple(map(float, one)))
        for number, one in enumerate(values)
    ]


def test_no_other_trial_is_as_good_in_every_objective_and_better_in_one() -> None:
    records = trials((0.9, 5), (0.8, 1), (0.8, 2), (0.95, 9), (0.9, 5), (0.7, 1))
    assert [one.number for one in pareto_front(records, BOTH)] == [3, 0, 4, 1]


def test_with_one_objective_the_front_is_the_best_trial() -> None:
    assert [one.number for one in pareto_front(trials((1,), (3,), (3,)), BOTH[:1])] == [1]


def test_an_infeasible_trial_is_in_no_front() -> None:
    infeasible = trials((1.0, 0.0), state=TrialState.INFEASIBLE)
    complete = trials((0.5, 2))
    assert pareto_front([*infeasible, *complete], BOTH) == complete
    assert pareto_front(infeasible, BOTH) == [] and hypervolumes(infeasible, BOTH) == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([(1, 0), (0, 1)], [1.0, 1.0]),
        ([(0, 0), (1, 1)], [0.0, 0.0]),
        ([(0.5, 0.5), (0, 1), (1, 0)], [0.25, 0.25, 1.0]),
        ([(0.5, 0.2), (0.2, 0.2), (0.2, 0.1), (0.5, 0.1)], [0, 0, 0, 1]),
    ],
)
def test_the_hypervolume_is_a_share_of_the_box_and_never_falls(
    values: Sequence[tuple[float, float]], expected: Sequence[float]
) -> None:
    found = hypervolumes(trials(*values), BOTH)
    assert found == pytest.approx(expected) and found == sorted(found)


def test_the_hypervolume_of_three_objectives_adds_slices() -> None:
    goals = [Goal(name, "minimize") for name in "abc"]
    records = trials((0, 0, 1), (0, 1, 0), (1, 0, 0), (0.5, 0.5, 0.5), (1, 1, 1))
    assert hypervolumes(records, goals)[-1] == pytest.approx(0.125)


def view_of(study: FolderStudy, records: Sequence[TrialRecord]) -> StudyView:
    goals = [{"metric": one.metric, "direction": one.direction} for one in BOTH]
    experiment = make_experiment(objective=goals, pruner={"type": "none"})
    return StudyView(study, experiment, Identity("id", "", ""), records, records[0], running=False)


def test_a_confirmation_compares_the_front_before_other_trials(bench: Bench) -> None:
    view = view_of(bench.stored, trials((0.9, 9), (0.8, 9), (0.7, 1)))
    choice = choose(view, bench.stored, top=2, seeds=2)
    assert [one.number for one in choice.trials] == [0, 2]


def test_one_point_of_the_front_can_be_confirmed_and_more_later(bench: Bench) -> None:
    view = view_of(bench.stored, trials((0.9, 9), (0.8, 2), (0.7, 1)))
    only = choose(view, bench.stored, top=5, seeds=2, only=view.records[1])
    assert [one.number for one in only.trials] == [1]
    assert [one.number for one in choose(view, bench.stored, top=3, seeds=2).trials] == [1, 0, 2]


def test_a_trial_without_a_result_cannot_be_confirmed(bench: Bench) -> None:
    view = view_of(bench.stored, trials((0.9, 9), state=TrialState.INFEASIBLE))
    with pytest.raises(UserError, match="trial 0 of the study `study` is infeasible"):
        _complete_trial(view, 0)
