"""The forest sampler: what it fits, what it proposes."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.trial import FrozenTrial, TrialState, create_trial

from hpsearch.common.goal import Goal
from hpsearch.experiment import Experiment
from hpsearch.store import open_store
from hpsearch.strategies import OptunaStudy
from hpsearch.strategies.forest.encoding import ABSENT, Encoding
from hpsearch.strategies.forest.rows import MAX_ROWS, History, Table, table_of
from hpsearch.strategies.forest.trees import order_categories
from tests.support import make_experiment
from tests.unit.test_optuna_study import asked, finish

SPACE = {
    "kind": {"type": "categorical", "choices": ["a", "b"]},
    "rate": {"type": "float", "low": 1e-4, "high": 1.0, "log": True},
    "size": {"type": "int", "low": 1, "high": 64, "log": True},
    "half": {"type": "float", "low": 0.0, "high": 1.0, "step": 0.5},
    "b_only": {"type": "float", "low": 0.0, "high": 1.0, "when": {"kind": "b"}},
}
MINIMIZE = [Goal("value", "minimize")]


def encoding() -> Encoding:
    return Encoding(make_experiment(space=SPACE))


@given(st.integers(0, 2**32 - 1))
def test_a_row_means_the_configuration_that_it_was_made_from(seed: int) -> None:
    made = encoding()
    rows = made.snap(made.draw(5, np.random.RandomState(seed)))
    for row in rows:
        params = made.decode(row)
        if params["kind"] == "a":
            assert row[made.names.index("b_only")] == ABSENT
            del params["b_only"]
        assert made.encode(params) == pytest.approx(list(row))
        assert params["half"] in (0.0, 0.5, 1.0) and 1 <= params["size"] <= 64


def complete(x: float, curve: dict[int, float], **fields: Any) -> FrozenTrial:
    made = Encoding(make_experiment()).distributions
    return create_trial(params={"x": x}, distributions=made, intermediate_values=curve, **fields)


def tabled(trials: list[FrozenTrial]) -> Table:
    rows = History(Encoding(make_experiment()), MINIMIZE).of(trials)
    table = table_of(rows, np.random.RandomState(0))
    assert table is not None
    return table


def test_what_is_remembered_of_a_trial_is_what_a_new_look_at_it_gives() -> None:
    remembering = History(Encoding(make_experiment()), MINIMIZE)
    for state, curve in (
        (TrialState.RUNNING, {}),
        (TrialState.RUNNING, {1: 3.0}),
        (TrialState.RUNNING, {1: 3.0, 2: 1.0}),
        (TrialState.PRUNED, {1: 3.0, 2: 1.0}),
    ):
        trial = complete(len(curve) / 7, curve, state=state)
        (seen,) = remembering.of([trial])
        (anew,) = History(Encoding(make_experiment()), MINIMIZE).of([trial])
        assert seen.params == anew.params
        assert seen.rows.tolist() == anew.rows.tolist()
        assert seen.losses.tolist() == anew.losses.tolist()


def test_a_row_has_the_best_value_so_far_at_steps_that_double_and_at_the_last() -> None:
    curve = {step: float(value) for step, value in enumerate([5, 3, 4, 2, 6, 6, 1], start=1)}
    trial = complete(0.0, curve, state=TrialState.RUNNING)
    table = tabled([trial])
    assert np.expm1(table.rows[:, -1]).round().tolist() == [1, 2, 4, 7]
    assert np.argsort(-table.scores).tolist() == [3, 2, 1, 0]


def test_many_trials_are_thinned_and_the_best_stay() -> None:
    trials = [complete(0.0, {1: float(one)}, value=float(one)) for one in range(MAX_ROWS * 2)]
    for number, trial in enumerate(trials):
        trial.number = number
    table = tabled(trials)
    assert len(table.rows) == MAX_ROWS and table.trials == len(trials)
    ranked = np.sort(table.scores)[::-1]
    assert len(set(ranked[: MAX_ROWS // 4])) == MAX_ROWS // 4


def test_a_category_stands_where_its_results_put_it() -> None:
    places, scores = np.array([0.0, 0, 1, 1, 2]), np.array([0.0, 0.2, 2, 2, -1])
    assert order_categories(places, scores, 4).tolist() == [1.0, 3.0, 0.0, 2.0]


def searched(experiment: Experiment, trials: int) -> list[float]:
    study = OptunaStudy(open_store("memory://").study("sample"), experiment)
    found = []
    for _ in range(trials):
        proposal = asked(study)
        x = float(proposal.params["x"])  # type: ignore[arg-type]
        found.append(x)
        finish(study, proposal, -((x - 1) ** 2))
    return found


def forest(**sections: Any) -> Experiment:
    sampled: dict[str, Any] = {"sampler": {"type": "forest"}, "seed": 3}
    return make_experiment(budget={"trials": 100}, **sampled, **sections)


def test_it_searches_where_values_are_good() -> None:
    late = searched(forest(), 40)[20:]
    assert np.median(np.abs(np.array(late) - 1)) < 0.5  # of a range of 10; at random: 2.6


def test_one_seed_gives_one_search() -> None:
    assert searched(forest(), 15) == searched(forest(), 15)


def test_nothing_is_proposed_twice_while_something_is_left() -> None:
    space = {"x": {"type": "int", "low": 1, "high": 12}}
    experiment = forest(space=space)
    assert sorted(searched(experiment, 12)) == list(range(1, 13))
