"""A report without the objective is normal; a trial that ends without it fails, and says why."""

from typing import Any

import pytest

from hpsearch.common.errors import SearchFailed
from hpsearch.common.trial import Measurement, TrialState
from tests.support import Bench

TWO: dict[str, Any] = {
    "objective": [
        {"metric": "a", "direction": "maximize"},
        {"metric": "b", "direction": "minimize"},
    ],
    "pruner": {"type": "none"},
    "budget": {"trials": 1},
}
EVERY_THIRD = """
def train(params, trial):
    start = int((trial.checkpoint / "step").read_text()) if trial.checkpoint else 0
    for step in range(start + 1, 10):
        metrics = {"loss": 1 / step} | ({"value": params["x"] + step} if step % 3 == 0 else {})
        trial.report(step, metrics, lambda folder: (folder / "step").write_text(str(step)))
"""


def test_the_value_comes_from_the_reports_that_have_the_objective(bench: Bench) -> None:
    records = bench.run_code(EVERY_THIRD, budget={"trials": 12})
    for record in records:
        measured = [m for m in record.measurements if "value" in m.metrics]
        best = max(measured, key=lambda m: m.metrics["value"])
        assert (record.values, record.best_step) == ((best.metrics["value"],), best.step)
        assert record.state in (TrialState.COMPLETE, TrialState.PRUNED)
        steps = [m.step for m in record.measurements]
        assert steps == list(range(1, steps[-1] + 1))
    assert {record.state for record in records} == {TrialState.COMPLETE, TrialState.PRUNED}
    best_one = max((r for r in records if r.state is TrialState.COMPLETE), key=lambda r: r.values)
    assert bench.store.steps(best_one.number) == [best_one.best_step]


def test_nothing_is_pruned_at_a_report_without_the_objective(bench: Bench) -> None:
    records = bench.run_code(EVERY_THIRD, budget={"trials": 20})
    pruned = [record for record in records if record.state is TrialState.PRUNED]
    assert pruned and all(record.measurements[-1].step % 3 == 0 for record in pruned)


def test_an_interrupt_is_heard_at_a_report_without_the_objective(bench: Bench) -> None:
    heard = bench.interrupted(EVERY_THIRD, pruner={"type": "none"})
    assert [m.step for m in heard.measurements] == [1] and not heard.state.is_finished
    records = bench.run_code(EVERY_THIRD, pruner={"type": "none"})
    assert records[0].attempt == 2 and records[0].state is TrialState.COMPLETE
    assert [m.step for m in records[0].measurements] == list(range(1, 10))


@pytest.mark.usefixtures("clock")
def test_the_minutes_are_heard_at_a_report_without_the_objective(bench: Bench) -> None:
    code = "import hpsearch.engine.limits\n" + EVERY_THIRD.replace(
        "        trial.report",
        "        hpsearch.engine.limits.time.now += 60\n        trial.report",
    )
    (record,) = bench.run_code(code, budget={"trials": 5, "minutes": 1})
    assert record.state is TrialState.PRUNED and record.measurements[-1].step == 2


def test_a_trial_that_ends_without_the_objective_fails_and_the_others_go_on(bench: Bench) -> None:
    records = bench.run_code(
        """
def train(params, trial):
    trial.report(1, {"loss": 1.0})
    if trial.number != 1:
        trial.report(2, {"value": 1.0})
"""
    )
    assert [record.state for record in records] == [
        TrialState.COMPLETE, TrialState.FAILED, TrialState.COMPLETE, TrialState.COMPLETE,
    ]  # fmt: skip
    assert records[1].reason == "it returned without a report of `value`; it reported loss"


def test_a_wrong_name_fails_the_search_not_the_command_line(bench: Bench) -> None:
    with pytest.raises(SearchFailed, match="it reported valu; did you mean `valu`") as caught:
        bench.run("lacks_the_objective", budget={"trials": 50})
    assert caught.value.exit_code == 1
    assert "first 3 trials" in str(caught.value)


def test_a_wrong_name_is_said_while_the_first_trial_still_trains(bench: Bench) -> None:
    with pytest.raises(SearchFailed):
        bench.run_code(
            "def train(params, trial):\n"
            "    for step in range(30): trial.report(step, {'valu': 1.0})\n"
        )
    assert len(bench.notices) == 1
    assert "10 reports, none of them with the objective `value`" in bench.notices[0]
    assert "did you mean `valu`?" in bench.notices[0]


def test_an_objective_that_comes_only_at_the_end_is_enough(bench: Bench) -> None:
    (record,) = bench.run_code(
        "def train(params, trial):\n"
        "    for step in range(4): trial.report(step, {'loss': 1.0})\n"
        "    trial.report(4, {'value': 0.5})\n",
        budget={"trials": 1},
    )
    assert (record.state, record.values, record.best_step) == (TrialState.COMPLETE, (0.5,), 4)


def test_a_nan_is_a_failure_also_after_reports_without_the_objective(bench: Bench) -> None:
    record = bench.failing(
        "def train(params, trial):\n"
        "    trial.report(0, {'loss': float('nan')})\n"
        "    trial.log(1, {'grad': 3.0})\n"
        "    trial.report(1, {'value': float('nan')})\n"
    )
    assert record.state is TrialState.FAILED and record.reason == "value is nan at step 1"
    assert Measurement(1, {"grad": 3.0}, record.measurements[-1].seconds, "logged") in (
        record.measurements
    )


def test_with_several_objectives_the_last_step_that_has_all_counts(bench: Bench) -> None:
    (record,) = bench.run_code(
        """
def train(params, trial):
    trial.report(1, {"a": 1.0})
    trial.report(2, {"a": 2.0, "b": 3.0})
    trial.report(3, {"b": 1.0})
""",
        **TWO,
    )
    assert (record.state, record.values, record.best_step) == (TrialState.COMPLETE, (2.0, 3.0), 2)


def test_an_objective_that_was_reported_is_no_hint_at_one_that_was_not(bench: Bench) -> None:
    with pytest.raises(SearchFailed, match=r"at one step; it reported a\n"):
        bench.run_code("def train(p, trial): trial.report(1, {'a': 1.0})", **TWO)


def test_several_objectives_that_never_come_together_are_said(bench: Bench) -> None:
    code = "def train(p, trial): trial.report(1, {'a': 1.0}); trial.report(2, {'b': 1.0})"
    with pytest.raises(SearchFailed, match="report of `a` and `b` at one step; it reported a, b"):
        bench.run_code(code, **TWO)


@pytest.mark.parametrize(("logged", "hint"), [("valu", "; did you mean `valu`?"), ("acc", "")])
def test_what_was_only_logged_is_named_if_nothing_was_reported(
    bench: Bench, logged: str, hint: str
) -> None:
    record = bench.failing(f"def train(params, trial): trial.log(1, {{'{logged}': 3.0}})")
    why = f"it returned without a report of `value`; it reported nothing, and logged {logged}{hint}"
    assert record.reason == why
