"""Which report a trial's value is taken from, and that a returned value is final."""

from pathlib import Path
from typing import Any

import pytest

from hpsearch.common.errors import SearchFailed, UserError
from hpsearch.common.goal import Goal
from hpsearch.common.trial import Measurement, TrialRecord, TrialState
from hpsearch.experiment import Experiment, read_stored
from hpsearch.strategies import read_study
from hpsearch.strategies.pruners.asha import Halving
from hpsearch.usecases import Source
from hpsearch.usecases.data import trial_data
from hpsearch.usecases.identity import find_changes, record_experiment
from hpsearch.usecases.plan import make_plan
from tests.support import Bench, make_experiment

LAST: dict[str, Any] = {"metric": "value", "direction": "maximize", "take": "last"}
TWO: dict[str, Any] = {
    "objective": [{"metric": name, "direction": "maximize"} for name in "ab"],
    "pruner": {"type": "none"},
}
EAGER: dict[str, Any] = {"every_seconds": 0.0}
RISING_AND_FALLING = """
def train(params, trial):
    for step, value in enumerate([1.0, 3.0, 2.0]):
        trial.report(step, {"value": value}, lambda folder: (folder / "w").write_text("w"))
    RESULT
"""


def run(bench: Bench, result: str = "", **sections: Any) -> TrialRecord:
    """Return the only trial of a search over a curve that rises and falls, as `show` reads it."""
    code = RISING_AND_FALLING.replace("RESULT", result)
    bench.run_code(code, budget={"trials": 1}, **sections)
    (record,) = read_study(bench.stored, make_experiment(**sections))
    return record


@pytest.mark.parametrize(("take", "value", "step"), [("best", 3.0, 1), ("last", 2.0, 2)])
def test_value_step_and_checkpoint_are_of_the_report_that_is_taken(
    bench: Bench, take: str, value: float, step: int
) -> None:
    record = run(bench, objective={**LAST, "take": take})
    assert (record.values, record.best_step, record.kept_step) == ((value,), step, step)
    assert bench.store.steps(0) == [step]


def test_a_last_report_without_the_objective_leaves_the_one_before(bench: Bench) -> None:
    record = run(bench, "trial.report(9, {'loss': 0.0})", objective=LAST)
    assert (record.values, record.best_step) == ((2.0,), 2)


def test_the_search_ranks_trials_by_what_is_taken(bench: Bench) -> None:
    code = """
def train(params, trial):
    trial.report(0, {"value": 9.0 - trial.number})
    trial.report(1, {"value": float(trial.number)})
"""
    sections: dict[str, Any] = {"pruner": {"type": "none"}, "objective": LAST}
    records = bench.run_code(code, budget={"trials": 9, "target": 3.0}, **sections)
    assert [record.values for record in records] == [(0.0,), (1.0,), (2.0,), (3.0,)]
    assert bench.ended == "trial 3 reached the target 3"


def test_a_pruned_trial_has_the_value_of_its_last_report(bench: Bench) -> None:
    code = """
def train(params, trial):
    for step in range(4):
        trial.report(step, {"value": [1.0, 5.0, -3.0, 0.0][step] if trial.number else 1.0})
"""
    pruner = {"type": "threshold", "lower": -1.0}
    records = bench.run_code(code, budget={"trials": 2}, objective=LAST, pruner=pruner)
    assert [(r.state, r.values) for r in records] == [
        (TrialState.COMPLETE, (1.0,)),
        (TrialState.PRUNED, (-3.0,)),
    ]


def test_an_experiment_without_it_means_the_best_report() -> None:
    stored = "name: a\ntrainable: a.py:train\nobjective:\n- {metric: v, direction: minimize}\n"
    (goal,) = read_stored(stored, Path("e.yaml")).goals
    assert goal.take == "best"


def test_another_word_is_refused() -> None:
    with pytest.raises(ValueError, match="take"):
        make_experiment(objective={**LAST, "take": "lst"})


def test_it_may_not_change_within_a_study(bench: Bench) -> None:
    record_experiment(bench.stored, Source.of(make_experiment(), Path("/e.yaml")))
    changed = make_experiment(objective=LAST)
    assert find_changes(bench.stored, changed) == ["`objective.0.take` was 'best' and is 'last'"]
    with pytest.raises(UserError, match="study-changed"):
        record_experiment(bench.stored, Source.of(changed, Path("/e.yaml")))


def test_the_plan_says_it(bench: Bench) -> None:
    assert make_plan(make_experiment(objective=LAST)).objective == ["maximize value (last report)"]
    assert make_plan(make_experiment()).objective == ["maximize value"]


# ---- a returned value is final -------------------------------------------------------------------


@pytest.mark.parametrize("take", ["best", "last"])
@pytest.mark.parametrize(
    ("returned", "value"),
    [("0.5", 0.5), ("2.0", 2.0), ("9.0", 9.0), ("{'value': 0.5, 'other': 1}", 0.5)],
)
def test_a_returned_value_is_the_trials_whatever_it_reported(
    bench: Bench, take: str, returned: str, value: float
) -> None:
    record = run(bench, f"return {returned}", objective={**LAST, "take": take})
    assert (record.state, record.values) == (TrialState.COMPLETE, (value,))


def test_the_checkpoint_of_a_returned_value_is_the_last_one_saved(bench: Bench) -> None:
    record = run(bench, "return 0.5", checkpoints=EAGER)
    assert (record.best_step, record.kept_step, bench.store.steps(0)) == (3, 2, [2])


def test_a_returned_value_without_any_checkpoint_keeps_none(bench: Bench) -> None:
    (record,) = bench.run_code("def train(params, trial): return 0.5", budget={"trials": 1})
    assert (record.checkpoint_step, bench.store.steps(0)) == (None, [])


def test_a_running_mean_is_not_judged_by_its_luckiest_prefix(bench: Bench) -> None:
    code = """
def train(params, trial):
    scores = [0.9, 0.1, 0.2] if trial.number else [0.5, 0.5, 0.5]
    for fold in range(3):
        trial.report(fold, {"value": sum(scores[:fold + 1]) / (fold + 1)})
    return sum(scores) / 3
"""
    off = {"type": "none"}
    records = bench.run_code(code, budget={"trials": 2}, pruner=off)
    assert [record.values for record in records] == [(0.5,), (pytest.approx(0.4),)]


def test_a_trial_that_returned_is_never_pruned(bench: Bench) -> None:
    pruner = {"type": "threshold", "lower": 2.5}
    code = "def train(params, trial):\n    trial.report(0, {'value': -9.0})\n    return -9.5\n"
    records = bench.run_code(code, budget={"trials": 5}, pruner=pruner)
    assert [(r.state, r.values) for r in records] == [(TrialState.COMPLETE, (-9.5,))] * 5


def test_a_returned_value_stands_at_no_rung_also_when_the_journal_is_read_again() -> None:
    halving = Halving([Goal("value", "maximize")], min_resource=1)
    halving.note(0, [Measurement(1, {"value": 1.0}, 0.0, "returned")])
    assert not halving.is_paused(0) and halving.promotable([0]) is None


@pytest.mark.parametrize(
    "returned",
    ["None", "True", "numpy.bool_(True)", "numpy.array(True)", "{'value': True}", "'1'", "[1.0]",
     "numpy.array([1.0])", "{}", "{'note': 'a word'}"],
)  # fmt: skip
def test_what_is_no_number_is_no_result(bench: Bench, returned: str) -> None:
    code = RISING_AND_FALLING.replace("RESULT", f"return {returned}")
    (record,) = bench.run_code("import numpy\n" + code, budget={"trials": 1})
    assert (record.state, record.values, record.best_step) == (TrialState.COMPLETE, (3.0,), 1)


@pytest.mark.parametrize("returned", ["'a'", "[1.0]", "True", "{}"])
def test_what_was_returned_stands_in_the_reason_if_it_is_no_result(
    bench: Bench, returned: str
) -> None:
    with pytest.raises(SearchFailed) as failed:
        bench.run_code(f"def train(p, trial): return {returned}", budget={"trials": 1})
    assert f"it returned {returned}: return a number, or a mapping of metrics" in str(failed.value)


@pytest.mark.parametrize(
    "returned", ["1", "numpy.int64(1)", "numpy.array(1.0)", "Fraction(1)", "Decimal(1)"]
)
def test_any_kind_of_number_is_a_result(bench: Bench, returned: str) -> None:
    code = RISING_AND_FALLING.replace("RESULT", f"return {returned}")
    head = "import numpy\nfrom decimal import Decimal\nfrom fractions import Fraction\n"
    (record,) = bench.run_code(head + code, budget={"trials": 1})
    assert record.values == (1.0,)


def test_a_result_that_is_no_finite_number_fails_the_trial(bench: Bench) -> None:
    code = RISING_AND_FALLING.replace("RESULT", "return {'value': float('inf')}")
    record = bench.failing(code)
    assert (record.state, record.values) == (TrialState.FAILED, ())
    assert record.reason == "value is inf at step 3"


def test_several_objectives_are_returned_as_a_mapping(bench: Bench) -> None:
    code = "def train(p, trial):\n    trial.report(0, {'a': 9.0, 'b': 9.0})\n    return RESULT\n"
    (record,) = bench.run_code(
        code.replace("RESULT", "{'a': 1, 'b': 2}"), budget={"trials": 1}, **TWO
    )
    assert record.values == (1.0, 2.0)


@pytest.mark.parametrize("returned", ["{'a': 1.0}", "1.0"])
def test_part_of_several_objectives_is_no_result(bench: Bench, returned: str) -> None:
    code = (
        f"def train(p, trial):\n    trial.report(0, {{'a': 9.0, 'b': 8.0}})\n    return {returned}"
    )
    (record,) = bench.run_code(code, budget={"trials": 1}, **TWO)
    assert record.values == (9.0, 8.0)
    assert all("" not in m.metrics for m in record.measurements)


def test_one_number_for_several_objectives_is_told_what_to_return(bench: Bench) -> None:
    experiment: Experiment = make_experiment(**TWO)
    with pytest.raises(SearchFailed, match="it returned one number: return a mapping of `a`, `b`"):
        bench.run_code("def train(p, trial): return 1.0", budget={"trials": 1}, **TWO)
    (record,) = read_study(bench.stored, experiment)
    assert trial_data(record, experiment.goals)["values"] == {}
