"""Constraints on metrics, and `Infeasible`: such trials teach, never win, and are no failures."""

import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from optuna.trial import TrialState as OptunaState

from hpsearch.common.constraint import Constraint, why_infeasible
from hpsearch.common.decision import Infeasible
from hpsearch.common.errors import SearchFailed, UserError
from hpsearch.common.goal import Goal, measurement_of_value
from hpsearch.common.trial import Measurement, TrialRecord, TrialState
from hpsearch.experiment import Experiment
from hpsearch.strategies.feasibility import excess_of
from hpsearch.strategies.pruners.asha import Halving
from hpsearch.trainable.command.failure import CommandFailed, failure_of
from hpsearch.usecases.no_result import no_complete_trial
from tests.support import Bench, make_experiment
from tests.unit.test_command import Commands

LATENCY = Constraint("ms", at_most=5.0)
GOAL = Goal("value", "maximize", constraints=(LATENCY,))

SLOW_IF_LARGE = """\
def train(params: dict, trial) -> None:
    x = params["x"]
    trial.report(1, {"value": x, "ms": 5 + x}, checkpoint=lambda f: (f / "x").write_text("x"))
"""
REFUSES_LARGE = """\
import hpsearch

def train(params: dict, trial) -> None:
    trial.report(1, {"value": params["x"]})
    if params["x"] > 0:
        raise hpsearch.Infeasible(f"{params['x']:.0f} is too large")
"""
BEST_IF_LARGE = """\
def train(params: dict, trial) -> None:
    x = params["x"]
    trial.report(1, {"value": max(5 - (x - 3) ** 2, -((x + 3) ** 2)), "ms": 5 + x})
"""
AT_MOST_5: dict[str, Any] = {"constraints": {"ms": {"at_most": 5}}, "pruner": {"type": "none"}}


def x_of(record: TrialRecord) -> float:
    x = record.params["x"]
    assert isinstance(x, float)
    return x


def reports(*metrics: Mapping[str, float]) -> Sequence[Measurement]:
    return [Measurement(step, one, 0.0) for step, one in enumerate(metrics)]


@pytest.mark.parametrize(
    ("constraint", "value", "excess"),
    [
        (Constraint("a", at_most=5.0), 5.0, 0.0),
        (Constraint("a", at_most=5.0), 10.0, 1.0),
        (Constraint("a", at_least=0.5), 0.25, 0.5),
        (Constraint("a", at_most=0.0), 2.0, 2.0),
        (Constraint("a", at_least=1.0, at_most=2.0), 1.5, -0.25),
        (Constraint("a", at_most=5.0), float("nan"), 1e6),
        (Constraint("a", at_most=5.0), float("inf"), 1e6),
    ],
)
def test_an_excess_is_a_share_of_the_bound_and_nan_is_the_largest(
    constraint: Constraint, value: float, excess: float
) -> None:
    assert constraint.excess(value) == excess


def test_the_value_is_of_the_best_report_that_violates_nothing() -> None:
    measured = reports({"value": 1, "ms": 4}, {"value": 3, "ms": 6}, {"value": 2, "ms": 5})
    found = measurement_of_value(measured, [GOAL])
    assert found is not None and found.step == 2
    all_slow = reports({"value": 1, "ms": 6}, {"value": 3, "ms": 7})
    found = measurement_of_value(all_slow, [GOAL])
    assert found is not None and found.step == 1


def test_a_metric_that_the_report_lacks_is_taken_from_the_last_one_that_has_it() -> None:
    measured = reports({"ms": 3}, {"value": 1}, {"ms": 7.5})
    assert why_infeasible([LATENCY], measured, measured[1]) == "ms is 7.5, not at most 5"
    assert excess_of(measured, [GOAL]) == {LATENCY: 0.5}


def test_an_infeasible_trial_is_no_failure_and_never_wins(bench: Bench) -> None:
    records = bench.run_code(SLOW_IF_LARGE, budget={"trials": 8}, **AT_MOST_5)
    for record in records:
        assert record.infeasible == (x_of(record) > 0)
        assert record.state in (TrialState.COMPLETE, TrialState.INFEASIBLE)
        assert record.values and (record.reason.startswith("ms is") == record.infeasible)
    kept = {record.number for record in records if bench.store.steps(record.number)}
    best = sorted((r for r in records if not r.infeasible), key=lambda r: -r.values[0])
    assert kept == {record.number for record in best[:3]}


def test_the_journal_keeps_what_is_infeasible_and_by_how_much(bench: Bench) -> None:
    records = bench.run_code(SLOW_IF_LARGE, budget={"trials": 6}, **AT_MOST_5)
    assert bench.run_code(SLOW_IF_LARGE, budget={"trials": 6}, **AT_MOST_5) == records
    experiment = make_experiment("own", trainable="own.py:train", **AT_MOST_5)
    _, study = bench.make(experiment)
    frozen = study._session.study.get_trials()
    study.close()
    for one, record in zip(frozen, records, strict=True):
        excess = one.constraints["ms at most 5"]
        assert one.state is OptunaState.COMPLETE and (excess > 0) == record.infeasible
        assert excess == pytest.approx(x_of(record) / 5)


@pytest.mark.parametrize("sampler", ["tpe", "nsgaii"])
def test_a_sampler_learns_to_keep_the_constraint(bench: Bench, sampler: str) -> None:
    options: dict[str, Any] = {"n_startup_trials": 8}
    if sampler == "nsgaii":
        options = {"population_size": 8, "mutation_prob": 0.1}
    records = bench.run_code(
        BEST_IF_LARGE, budget={"trials": 40}, sampler={"type": sampler, **options}, **AT_MOST_5
    )
    assert sum(record.infeasible for record in records[-16:]) <= 2, "where the best values are"


def test_raising_infeasible_is_no_failure_and_says_why(bench: Bench) -> None:
    records = bench.run_code(REFUSES_LARGE, budget={"trials": 6, "failed_trials": 1})
    refused = [record for record in records if x_of(record) > 0]
    assert refused and all(record.infeasible for record in refused)
    assert all(record.reason.endswith("is too large") for record in refused)
    assert not any(record.traceback for record in records)


def test_what_raised_infeasible_is_worse_than_all_others_for_the_sampler(bench: Bench) -> None:
    bench.run_code(REFUSES_LARGE, budget={"trials": 6})
    _, study = bench.make(make_experiment("own", trainable="own.py:train"))
    seen = study._session.study.get_trials()
    study.close()
    for trial in seen:
        is_refused = trial.params["x"] > 0
        assert (trial.state is OptunaState.PRUNED) == is_refused
        assert bool(trial.intermediate_values) != is_refused


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("trial.report(1, {'value': 0.0, 'latency': 3.0})", "`ms`, which `constraints` names; it"),
        ("trial.report(1, {'value': 0.0}); trial.log(1, {'ms': 1.0})", "only logged the metric"),
        ("trial.report(1, {'value': 0.0, 'mss': 1.0})", "did you mean `mss`?"),
    ],
)
def test_a_constraint_whose_metric_is_never_reported_ends_the_search_at_once(
    bench: Bench, code: str, reason: str
) -> None:
    with pytest.raises(SearchFailed, match="none reported the metric of a constraint") as raised:
        bench.run_code(
            f"def train(params: dict, trial):\n    {code}\n", budget={"trials": 50}, **AT_MOST_5
        )
    assert reason in str(raised.value) and "or `constraints`" in str(raised.value)


def test_a_search_without_a_feasible_trial_says_so(bench: Bench) -> None:
    sections = {**AT_MOST_5, "constraints": {"ms": {"at_most": -1}}}
    records = bench.run_code(SLOW_IF_LARGE, budget={"trials": 4}, **sections)
    fault = no_complete_trial("sample", make_experiment(**sections), records)
    assert "4 trials are infeasible" in fault.why and "Relax `constraints`" in fault.fix
    raised = no_complete_trial("sample", make_experiment(), records)
    assert "constraints" not in raised.fix and "what raises `Infeasible`" in raised.fix


@pytest.mark.parametrize(
    ("bounds", "problem"),
    [
        ({}, "it has no bound"),
        ({"at_least": 2, "at_most": 1}, "`at_least` is 2, above `at_most` 1"),
        ({"below": 1}, "below"),
        ({"at_most": float("inf")}, "a finite number"),
    ],
)
def test_bounds_that_say_nothing_are_refused(bounds: Mapping[str, float], problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        Experiment(
            name="a", trainable="a.py:b", objective="minimize loss", constraints={"ms": bounds}
        )


def test_with_asha_a_report_that_violates_ranks_behind_all_others() -> None:
    rungs = Halving([GOAL], min_resource=1, reduction_factor=2)
    for number, (value, ms) in enumerate([(1.0, 4.0), (9.0, 6.0), (2.0, 4.0), (0.5, 1.0)]):
        rungs.begin(number, {"steps": 9})
        rungs.note(number, [Measurement(1, {"value": value, "ms": ms}, 0.0)])
    rungs.note(0, [Measurement(2, {"value": 1.0, "ms": 4.0}, 0.0)])
    assert [rungs.is_paused(number) for number in range(4)] == [False, True, False, True]
    assert "every report until step 1 violates a constraint, ranked 4 of 4" in rungs.why(1)


def test_a_command_whose_last_line_of_stderr_says_infeasible_is_infeasible() -> None:
    lines = ["Traceback (most recent call last):", "hpsearch.Infeasible: too large", ""]
    found = failure_of(1, lines, "")
    assert isinstance(found, Infeasible) and str(found) == "too large"
    assert isinstance(failure_of(-9, lines, ""), CommandFailed), "it was killed"
    assert isinstance(failure_of(1, ["ValueError: hpsearch.Infeasible: a"], ""), CommandFailed)
    text = traceback.format_exception_only(Infeasible("too large"))[-1]
    assert text == "hpsearch.Infeasible: too large\n"


@pytest.mark.slow
def test_a_script_may_raise_it_and_report_what_a_constraint_names_later(tmp_path: Path) -> None:
    script = """
import hpsearch
x = hpsearch.trial().params["x"]
print('{"value": %s}' % x, flush=True)
print('{"ms": %s}' % (5 + x), flush=True)
if x < -2: raise hpsearch.Infeasible("too small")
"""
    records = Commands(tmp_path).run_command(
        script,
        metrics="json",
        budget={"trials": 3},
        constraints={"ms": {"at_most": 5}},
        suggestions=[{"x": -1.0}, {"x": 1.0}, {"x": -3.0}],
    )
    assert [one.reason for one in records] == ["", "ms is 6, not at most 5", "too small"]
    assert [one.values for one in records] == [(-1.0,), (1.0,), (-3.0,)]
    assert [one.infeasible for one in records] == [False, True, True]
