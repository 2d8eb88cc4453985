"""Early stopping with several objectives: what enough others dominate at a rung is paused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.trial import FrozenTrial, TrialState, create_trial

from hpsearch.analysis import dominates
from hpsearch.common.constraint import Constraint
from hpsearch.common.goal import Goal
from hpsearch.common.trial import Measurement
from hpsearch.common.trial import TrialState as State
from hpsearch.strategies.attributes import CURVE, to_rows
from hpsearch.strategies.forest.encoding import Encoding
from hpsearch.strategies.forest.rows import History
from hpsearch.strategies.live import as_complete
from hpsearch.strategies.pruners.asha import Halving
from hpsearch.strategies.rung import Cost, DominanceRung, SortedRung
from tests.support import Bench, make_experiment

BOTH = [Goal("accuracy", "maximize"), Goal("latency", "minimize")]

costs = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=12)


@given(costs)
def test_a_rank_is_how_many_others_dominate_a_trial(given_costs: list[Cost]) -> None:
    rung = DominanceRung()
    for number, cost in enumerate(given_costs):
        rung.add(number, cost)
    ranks = [sum(dominates(other, cost) for other in given_costs) for cost in given_costs]
    assert [rung.rank(number, cost) for number, cost in enumerate(given_costs)] == ranks
    few = [(rank, number) for number, rank in enumerate(ranks) if rank < 2]
    assert rung.first(range(12), 2) == min(few, default=(0, None))[1]


@given(st.lists(st.integers(0, 9), max_size=12, unique=True))
def test_one_objective_is_the_same_rule(values: list[int]) -> None:
    one, other = SortedRung(), DominanceRung()
    for number, value in enumerate(values):
        one.add(number, (value,))
        other.add(number, (value,))
    for number, value in enumerate(values):
        assert one.rank(number, (value,)) == other.rank(number, (value,))
    for number in [*range(len(values))]:
        paused = range(number, len(values))
        assert one.first(paused, 3) == other.first(paused, 3)
        one.leave(number, (values[number],))
        other.leave(number, (values[number],))
    assert one.first(range(12), 3) is None and other.first(range(12), 3) is None


def reached(*reports: tuple[float, float], step: int = 3) -> Halving:
    """Return rungs at 3 and 9 that trials have reached with these accuracies and latencies."""
    halving = Halving(BOTH, 3, 3)
    halving.note(99, [Measurement(1, {"accuracy": 0, "latency": 0}, 0.0)])
    halving.note(99, [Measurement(2, {"accuracy": 0, "latency": 0}, 0.0)])  # trials report curves
    for number, (accuracy, latency) in enumerate(reports):
        halving.note(number, [Measurement(step, {"accuracy": accuracy, "latency": latency}, 0.0)])
    return halving


def test_what_enough_others_dominate_is_paused_and_the_front_goes_on() -> None:
    halving = reached((0.9, 9), (0.5, 1), (0.8, 9), (0.7, 10), (0.4, 1), (0.9, 10))
    assert [n for n in range(6) if halving.is_paused(n)] == [3]  # a third of six is two
    said = "asha: accuracy 0.7, latency 10 at step 3, dominated by 3 of 6 at this rung"
    assert halving.why(3) == f"{said}; promoted once there are fewer than 2"


def test_a_paused_trial_is_promoted_as_the_rung_grows() -> None:
    halving = reached((0.9, 1), (0.8, 2))
    assert halving.is_paused(1) and halving.promotable([1]) is None
    for number in range(2, 6):
        halving.note(number, [Measurement(3, {"accuracy": 0.1, "latency": 9}, 0.0)])
    assert halving.promotable([1]) == 1


def test_a_trial_stands_where_its_last_report_was() -> None:
    halving = reached((0.9, 1))
    halving.note(1, [Measurement(1, {"accuracy": 1.0, "latency": 0}, 0.0)])
    halving.note(1, [Measurement(3, {"accuracy": 0.5, "latency": 5}, 0.0)])
    assert halving.is_paused(1)


def test_what_violates_a_constraint_is_behind_all_that_does_not() -> None:
    bounded = [Goal(o.metric, o.direction, constraints=(Constraint("latency", at_most=5),))
               for o in BOTH]  # fmt: skip
    halving = Halving(bounded, 3, 3)
    for number, latency in enumerate((4, 5, 6, 7)):
        for step in (1, 3):
            values = {"accuracy": 0.1 * latency, "latency": latency}
            halving.note(number, [Measurement(step, values, 0.0)])
    assert [halving.is_paused(n) for n in range(4)] == [False, False, True, True]


def seen(state: TrialState, *reports: tuple[float, float]) -> FrozenTrial:
    curve = [
        Measurement(step, {"accuracy": one, "latency": two}, 0.0)
        for step, (one, two) in enumerate(reports, start=1)
    ]
    made = Encoding(make_experiment()).distributions
    rows = {f"{CURVE}{one.step}": to_rows([one]) for one in curve}
    return create_trial(state=state, params={"x": 0.5}, distributions=made, user_attrs=rows)


@pytest.mark.parametrize("state", [TrialState.RUNNING, TrialState.PRUNED])
def test_samplers_see_what_a_trial_reported_last(state: TrialState) -> None:
    shown = as_complete(seen(state, (0.5, 3), (0.7, 4)), BOTH)
    assert (shown.state, shown.values) == (TrialState.COMPLETE, [0.7, 4])
    silent = seen(state)
    assert as_complete(silent, BOTH) is silent


def test_the_forest_has_a_row_for_each_report_and_objective() -> None:
    history = History(Encoding(make_experiment()), BOTH)
    (rows,) = history.of([seen(TrialState.RUNNING, (0.5, 3), (0.7, 4))])
    assert rows.losses.tolist() == [[-0.5, 3], [-0.7, 4]]
    (more,) = history.of([seen(TrialState.RUNNING, (0.5, 3), (0.7, 4), (0.6, 2))])
    assert len(more.rows) == 3


CODE = """
def train(params, trial):
    for step in range(trial.start_step, 9):
        trial.report(step + 1, {"accuracy": params["x"] * step, "latency": 1.0})
"""


@pytest.mark.parametrize("sampler", ["random", "tpe", "nsgaii"])
def test_a_search_with_several_objectives_stops_what_is_dominated(
    bench: Bench, sampler: str
) -> None:
    objective = [{"metric": one.metric, "direction": one.direction} for one in BOTH]
    records = bench.run_code(
        CODE,
        objective=objective,
        budget={"trials": 14},
        params={"steps": 9},
        sampler={"type": sampler},
        pruner={"type": "asha", "min_resource": 3},
    )
    complete = [one for one in records if one.state is State.COMPLETE]
    pruned = [one for one in records if one.state is State.PRUNED]
    assert len(complete) + len(pruned) == 14 and complete and pruned
    assert max(records, key=lambda one: float(str(one.params["x"]))) in complete
    assert all("dominated by" in one.reason and len(one.measurements) == 3 for one in pruned)
