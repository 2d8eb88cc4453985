"""A trial that returns after a report has trained to its end: it is complete, and can be best."""

from typing import Any

import pytest

from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.engine.stops import Stop, is_deferred
from hpsearch.strategies import read_study
from hpsearch.usecases.no_result import no_complete_trial
from tests.support import Bench, make_experiment

SLOW = """
import hpsearch.engine.limits

def train(params, trial):
    for step in range(1, STEPS + 1):
        hpsearch.engine.limits.time.now += 60
        trial.report(step, {"value": params["x"] * step}, save(step) if SAVES else None)

def save(step):
    return lambda folder: (folder / "step").write_text(str(step))
"""
FALLING = """
def train(params, trial):
    for step in range(1, 4):
        trial.report(step, {"value": -float(step) - trial.number}, save)

def save(folder):
    (folder / "weights").write_text("w")
"""
THRESHOLD = {"type": "threshold", "lower": -2.5}
COMPLETE, PRUNED = TrialState.COMPLETE, TrialState.PRUNED


def slow(steps: int, *, saves: bool) -> str:
    return SLOW.replace("STEPS", str(steps)).replace("SAVES", str(saves))


def steps(record: TrialRecord) -> list[int]:
    return [m.step for m in record.measurements]


@pytest.mark.usefixtures("clock")
def test_a_trial_in_its_only_report_when_the_minutes_end_is_complete_and_the_best(
    bench: Bench,
) -> None:
    (record,) = bench.run_code(slow(1, saves=True), budget={"trials": 9, "minutes": 1})
    assert (record.state, record.reason, record.best_step) == (COMPLETE, "", 1)
    assert bench.store.steps(0) == [1]
    assert "1 minute is spent" in bench.ended


@pytest.mark.usefixtures("clock")
def test_a_trial_at_its_last_report_when_the_minutes_end_is_complete(bench: Bench) -> None:
    budget = {"trials": 9, "minutes": 6}
    records = bench.run_code(slow(3, saves=False), budget=budget, pruner={"type": "none"})
    assert [(r.state, steps(r)) for r in records] == [(COMPLETE, [1, 2, 3])] * 2


@pytest.mark.usefixtures("clock")
def test_a_trial_that_trains_on_when_the_minutes_end_is_stopped_at_once_if_its_end_is_known(
    bench: Bench,
) -> None:
    budget = {"trials": 9, "minutes": 4}
    records = bench.run_code(slow(3, saves=False), budget=budget, pruner={"type": "none"})
    assert [(r.state, steps(r)) for r in records] == [(COMPLETE, [1, 2, 3]), (PRUNED, [1])]


@pytest.mark.usefixtures("clock")
def test_a_stop_that_waited_comes_with_the_next_report(bench: Bench) -> None:
    (record,) = bench.run_code(slow(9, saves=True), budget={"trials": 9, "minutes": 3})
    assert (record.state, steps(record)) == (PRUNED, [1, 2, 3, 4])
    assert record.reason == "the search ended: its budget of 3 minutes is spent"


def test_a_pruner_at_the_last_report_takes_nothing_away(bench: Bench) -> None:
    (record,) = bench.run_code(FALLING, budget={"trials": 1}, pruner=THRESHOLD)
    assert (record.state, record.reason, record.values) == (COMPLETE, "", (-1.0,))


def test_once_the_end_is_known_a_pruner_stops_before_it_at_once_and_never_at_it(
    bench: Bench,
) -> None:
    records = bench.run_code(FALLING, budget={"trials": 3}, pruner=THRESHOLD)
    assert [r.state for r in records] == [COMPLETE, PRUNED, PRUNED]
    assert [steps(r) for r in records] == [[1, 2, 3], [1, 2], [1]]
    assert records[1].reason.startswith("threshold: value -3")


def test_the_median_rule_with_tpe_leaves_one_number_trainables_alone(bench: Bench) -> None:
    records = bench.run_code(
        "def train(params, trial): trial.report(1, {'value': params['x']})",
        budget={"trials": 20},
        pruner={"type": "median", "n_startup_trials": 1},
    )
    assert {record.state for record in records} == {COMPLETE}


def test_asha_does_not_pause_a_trial_at_its_last_rung(bench: Bench) -> None:
    records = bench.run_code(
        "def train(params, trial):\n"
        "    for step in (1, 2): trial.report(step, {'value': params['x'] * step})\n",
        budget={"trials": 12},
        pruner={"type": "asha", "min_resource": 2, "reduction_factor": 2},
    )
    assert {record.state for record in records} == {COMPLETE}
    assert not bench.heard.paused_records


def test_asha_pauses_as_ever_where_trials_end_at_different_steps(bench: Bench) -> None:
    records = bench.run_code(
        "def train(params, trial):\n"
        "    for step in range(1, 3 if trial.number == 0 else 10):\n"
        "        trial.report(step, {'value': params['x'] * step})\n",
        budget={"trials": 20},
        pruner={"type": "asha", "min_resource": 2, "reduction_factor": 2},
    )
    pruned = [record for record in records if record.state is PRUNED]
    assert pruned and all(steps(record)[-1] < 9 for record in pruned)


def test_an_interrupt_in_the_only_report_leaves_a_complete_trial(bench: Bench) -> None:
    record = bench.interrupted("def train(params, trial): trial.report(1, {'value': 1.0})")
    assert record.state is COMPLETE and bench.ended == "interrupted"


def test_an_interrupt_stops_at_once_what_hands_over_a_checkpoint(bench: Bench) -> None:
    record = bench.interrupted(FALLING)
    assert record.state is TrialState.RUNNING and steps(record) == [1]
    assert bench.store.steps(0) == [1]


def test_a_trial_that_raises_after_its_stop_was_put_off_has_failed(bench: Bench) -> None:
    code = FALLING.replace("def save", "    raise RuntimeError('at the end')\n\ndef save")
    (record,) = bench.run_code(code, budget={"trials": 1}, pruner=THRESHOLD)
    assert record.state is TrialState.FAILED and "at the end" in record.reason


def test_a_trial_that_is_lost_after_its_stop_was_put_off_is_pruned(bench: Bench) -> None:
    (record,) = bench.run_code(FALLING, [3], budget={"trials": 1}, pruner=THRESHOLD)
    assert record.state is PRUNED and record.attempt == 1


def test_a_nan_is_told_at_once() -> None:
    failed = Stop("value is nan", TrialState.FAILED)
    assert not is_deferred(failed, step=1, end=None, savable=False, is_first=True)


# ---- what a trainable returns --------------------------------------------------------------------


@pytest.mark.parametrize(
    "returned",
    ["0.5", "{'value': 0.5, 'note': 'a word', 'good': True}", "numpy.float32(0.5)", "torch_like()"],
)
def test_what_is_returned_is_a_report_that_is_never_pruned(bench: Bench, returned: str) -> None:
    code = (
        "import numpy\n"
        "class torch_like:\n"
        "    ndim = 0\n"
        "    def __float__(self): return 0.5\n"
        f"def train(params, trial): return {returned}\n"
    )
    records = bench.run_code(code, pruner={"type": "threshold", "lower": 9.0})
    assert [(r.state, r.values, r.best_step) for r in records] == [(COMPLETE, (0.5,), 0)] * 4
    assert [dict(m.metrics) for m in records[0].measurements] == [{"value": 0.5}]


@pytest.mark.parametrize(
    ("returned", "value", "found"),
    [
        ("1.0", 1.0, [(1, 2.0), (2, 1.0), (3, None)]),  # the last report again: nothing new
        ("3.0", 3.0, [(1, 2.0), (2, 1.0), (3, 3.0)]),  # the average of the weights, say
        ("0.0", 0.0, [(1, 2.0), (2, 1.0), (3, 0.0)]),  # final, though a report was better
        ("None", 2.0, [(1, 2.0), (2, 1.0), (3, None)]),
        ("'done'", 2.0, [(1, 2.0), (2, 1.0), (3, None)]),
        ("True", 2.0, [(1, 2.0), (2, 1.0), (3, None)]),
        ("0", 0.0, [(1, 2.0), (2, 1.0), (3, 0.0)]),
        ("{'value': None}", 2.0, [(1, 2.0), (2, 1.0), (3, None)]),
    ],
)
def test_what_is_returned_after_reports_follows_them(
    bench: Bench, returned: str, value: float, found: list[tuple[int, float | None]]
) -> None:
    code = f"""
def train(params, trial):
    trial.report(1, {{"value": 2.0}})
    trial.report(2, {{"value": 1.0}})
    return {returned}
"""
    (record,) = bench.run_code(code, budget={"trials": 1})
    points = [(m.step, m.metrics["value"]) for m in record.measurements]
    assert (record.values, points) == ((value,), [one for one in found if one[1] is not None])
    assert record.last_step == 2


@pytest.mark.parametrize("returned", ["0", "-0.0", "numpy.int64(0)", "{'value': 0}"])
def test_zero_is_a_result(bench: Bench, returned: str) -> None:
    code = f"import numpy\ndef train(params, trial): return {returned}\n"
    (record,) = bench.run_code(code, budget={"trials": 1})
    assert (record.state, record.values) == (COMPLETE, (0.0,))


@pytest.mark.parametrize(
    "returned", ["None", "True", "False", "numpy.bool_(True)", "{'value': True}", "{}", "'0'"]
)
def test_none_a_truth_and_a_word_are_no_result(bench: Bench, returned: str) -> None:
    record = bench.failing(f"import numpy\ndef train(params, trial): return {returned}\n")
    assert record.reason.startswith("it returned without a report of `value`; it reported nothing")


def test_what_a_result_adds_to_the_last_report_is_of_its_step(bench: Bench) -> None:
    code = """
def train(params, trial):
    trial.report(4, {"loss": 2.0}, lambda folder: (folder / "w").write_text(""))
    return {"value": 1.0}
"""
    rules = {"every_seconds": 0.0}
    (record,) = bench.run_code(code, budget={"trials": 1}, checkpoints=rules)
    assert (record.values, record.best_step, bench.store.steps(0)) == ((1.0,), 4, [4])


def test_a_result_that_is_nan_is_a_failure(bench: Bench) -> None:
    record = bench.failing("def train(params, trial): return float('nan')")
    assert record.state is TrialState.FAILED and record.reason == "value is nan at step 0"


def test_one_number_is_not_two_objectives(bench: Bench) -> None:
    goals = [{"metric": name, "direction": "maximize"} for name in "ab"]
    kind: dict[str, Any] = {"objective": goals, "pruner": {"type": "none"}}
    (record,) = bench.run_code(
        "def train(params, trial): return {'a': 1.0, 'b': 2.0}", budget={"trials": 1}, **kind
    )
    assert record.values == (1.0, 2.0)


# ---- a search in which nothing was complete ------------------------------------------------------


def told(bench: Bench, **sections: Any) -> str:
    experiment = make_experiment(**sections)
    records = read_study(bench.stored, experiment)
    assert all(record.state is not COMPLETE for record in records)
    return str(no_complete_trial("sample", experiment, records))


def test_a_threshold_that_stopped_every_trial_is_named_with_its_keys(bench: Bench) -> None:
    sections: dict[str, Any] = {"pruner": {"type": "threshold", "lower": 9.0}}
    bench.run_code(FALLING, **sections)
    text = told(bench, **sections)
    assert "The threshold pruner stopped all 4 trials; trial 3: threshold: value -4 at" in text
    assert "Relax `pruner.lower` and `pruner.upper`, or set `pruner: {type: none}`." in text
    assert "The budget is spent (all 4 trials have run), so the same command does nothing" in text


@pytest.mark.usefixtures("clock")
def test_minutes_that_ended_amid_training_are_named(bench: Bench) -> None:
    budget = {"trials": 9, "minutes": 3}
    bench.run_code(slow(9, saves=True), budget=budget)
    text = told(bench, budget=budget)
    assert "1 trial was stopped in training when the search ended: its budget of 3" in text
    assert "Raise `budget.minutes`" in text
    assert "The budget is spent (its budget of 3 minutes is spent)" in text


def test_each_cause_has_a_sentence_of_its_own(bench: Bench) -> None:
    code = FALLING.replace("    for", "    assert trial.number % 2, 'an even number'\n    for")
    sections: dict[str, Any] = {"pruner": {"type": "threshold", "lower": 9.0}}
    bench.run_code(code, **sections)
    text = told(bench, **sections)
    assert "pruner stopped 2 of 4 trials; trial 3: " in text
    assert "2 trials failed, all in the same way; trial 2: AssertionError: an even number." in text
