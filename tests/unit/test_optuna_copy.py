"""A study as Optuna's own object: what is in it, and that Optuna's tools take it."""

import pickle
from typing import Any

import optuna
import pytest
from optuna.importance import get_param_importances
from optuna.visualization.matplotlib import (
    plot_intermediate_values,
    plot_optimization_history,
    plot_pareto_front,
)

from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.experiment import Experiment
from hpsearch.store.documents import JOURNAL
from hpsearch.strategies import optuna_copy
from tests.support import Bench, make_experiment

MINIMIZE = {"metric": "other", "direction": "minimize"}
MAXIMIZE = {"metric": "value", "direction": "maximize"}
SPACE: dict[str, Any] = {
    "x": {"type": "float", "low": -5.0, "high": 5.0},
    "steps": {"type": "int", "low": 3, "high": 6},
    "kind": {"type": "categorical", "choices": ["a", "b"]},
}
CODE = """\
def train(params, trial):
    for step in range(params["steps"]):
        trial.log(step, {"extra": 1.0})
        trial.report(step, {"value": params["x"] - step, "other": 1.0})
    if params["x"] < -4:
        raise RuntimeError("login failed: token=hunter2hunter2")
"""


def search(bench: Bench, **sections: Any) -> tuple[list[TrialRecord], optuna.Study]:
    """Search over the code; return our records, and Optuna's copy of the study."""
    given = {"space": SPACE, "budget": {"trials": 12}, **sections}
    records = bench.run_code(CODE, **given)
    return records, optuna_copy(bench.stored, experiment(**given))


def experiment(**sections: Any) -> Experiment:
    return make_experiment("own", trainable="own.py:train", **sections)


def test_a_copy_has_the_same_trials_with_their_whole_curves(bench: Bench) -> None:
    records, study = search(bench)
    assert [one.number for one in study.trials] == [one.number for one in records]
    assert [one.params for one in study.trials] == [dict(one.params) for one in records]
    assert {one.state.name.lower() for one in study.trials} <= {"complete", "pruned", "fail"}
    for one, record in zip(study.trials, records, strict=True):
        values = {m.step: m.metrics["value"] for m in record.measurements if m.counts}
        assert one.intermediate_values == values
        assert one.values == (list(record.values) or None)
        assert one.user_attrs["reason"] == record.reason
        assert one.user_attrs["seed"] == record.seed and one.duration is not None
    assert study.best_trial.number == max(records, key=lambda r: r.values or (-99.0,)).number
    assert study.metric_names == ["value"] and study.direction.name == "MAXIMIZE"


def test_what_is_done_with_a_copy_changes_nothing_in_the_study(bench: Bench) -> None:
    _, study = search(bench)
    before = bench.stored.read(JOURNAL)
    study.optimize(lambda trial: trial.suggest_float("x", -5, 5), n_trials=1)
    study.set_user_attr("mine", 1)
    assert len(study.trials) == 13 and bench.stored.read(JOURNAL) == before
    assert len(pickle.loads(pickle.dumps(study)).trials) == 13


@pytest.mark.filterwarnings("ignore")  # of Optuna's, about what is experimental or will go
def test_optunas_plots_importances_and_terminators_take_it(bench: Bench) -> None:
    from optuna.terminator import BestValueStagnationEvaluator, StaticErrorEvaluator, Terminator

    _, study = search(bench, pruner={"type": "none"})
    assert plot_optimization_history(study).collections
    assert plot_intermediate_values(study).lines
    error, stagnation = StaticErrorEvaluator(0.0), BestValueStagnationEvaluator(1)
    ends = Terminator(stagnation, error, min_n_trials=1).should_terminate(study)
    assert set(get_param_importances(study)) == {"x", "steps", "kind"}
    assert isinstance(ends, bool)


@pytest.mark.filterwarnings("ignore")
def test_several_objectives_are_there_with_their_names_and_directions(bench: Bench) -> None:
    records, study = search(bench, objective=[MAXIMIZE, MINIMIZE], pruner={"type": "none"})
    assert study.metric_names == ["value", "other"]
    assert [one.name for one in study.directions] == ["MAXIMIZE", "MINIMIZE"]
    assert [tuple(one.values or ()) for one in study.trials] == [one.values for one in records]
    assert plot_pareto_front(study).get_xlabel() == "value"


def test_a_paused_trial_is_running_in_it(bench: Bench) -> None:
    record = bench.interrupted(CODE, space=SPACE)
    study = optuna_copy(bench.stored, experiment(space=SPACE))
    assert not record.state.is_finished
    assert [one.state.name for one in study.trials] == ["RUNNING"]


def test_no_text_in_it_has_a_secret(bench: Bench) -> None:
    low = {**SPACE, "x": {"type": "float", "low": -5.0, "high": -4.5}}
    given: dict[str, Any] = {"params": {"api_key": "hunter2hunter2"}, "space": low}
    code = CODE.replace('token=hunter2hunter2"', "\" + params['api_key']")
    assert bench.run_code(code, **given)[0].state is TrialState.FAILED
    copy = optuna_copy(bench.stored, experiment(**given))
    assert "login failed" in copy.trials[0].user_attrs["reason"]
    assert b"hunter2" not in pickle.dumps(copy)
