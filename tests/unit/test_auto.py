"""What `auto` chooses, that it says so, and that a study goes on as it was begun."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hpsearch.common.goal import Goal
from hpsearch.common.proposal import Proposal
from hpsearch.common.trial import Measurement, TrialState
from hpsearch.experiment import Experiment
from hpsearch.store import open_store
from hpsearch.strategies import OptunaStudy, check_strategies
from hpsearch.strategies.automatic import chosen_pruner, chosen_sampler, settled
from hpsearch.strategies.pruners.asha import Halving
from hpsearch.usecases.identity import read_recorded, record_experiment
from hpsearch.usecases.kept_strategies import keep_strategies
from hpsearch.usecases.plan import make_plan
from hpsearch.usecases.source import Source
from hpsearch.usecases.validate import validate
from tests.support import make_experiment, write_trainables
from tests.unit.test_optuna_study import asked, finish

TWO = [{"metric": "a", "direction": "maximize"}, {"metric": "b", "direction": "minimize"}]
SMALL: dict[str, Any] = {
    "kind": {"type": "categorical", "choices": ["a", "b"]},
    "depth": {"type": "int", "low": 1, "high": 3, "when": {"kind": "b"}},
}
FILE = Path("/experiments/e.yaml")


def test_auto_is_the_default_of_both() -> None:
    experiment = make_experiment()
    assert (experiment.sampler.type, experiment.pruner.type) == ("auto", "auto")


@pytest.mark.parametrize(
    ("sections", "sampler", "pruner"),
    [
        ({}, "turns", "asha"),
        ({"space": SMALL, "budget": {"trials": 4}}, "brute_force", "asha"),
        ({"space": SMALL, "budget": {"trials": 3}}, "turns", "asha"),
        ({"space": SMALL, "budget": {"trials": 99, "minutes": 5}}, "turns", "asha"),
        ({"space": {}}, "turns", "asha"),
        ({"objective": TWO}, "tpe", "asha"),
        ({"constraints": {"size": {"at_most": 5}}}, "tpe", "asha"),
        ({"warm_start": ["earlier"]}, "tpe", "asha"),
        ({"objective": TWO, "space": SMALL}, "brute_force", "asha"),
    ],
)
def test_the_choice_follows_from_space_budget_and_objectives(
    sections: dict[str, Any], sampler: str, pruner: str
) -> None:
    experiment = make_experiment(**sections)
    assert check_strategies(experiment) == []
    assert (chosen_sampler(experiment)[0], chosen_pruner(experiment)[0]) == (sampler, pruner)
    assert settled(experiment).pruner.type == pruner


def test_the_plan_says_what_is_chosen_and_why() -> None:
    plan = make_plan(make_experiment(space=SMALL, params={"steps": 40}, budget={"trials": 9}))
    assert plan.sampler == "auto: brute_force; 9 trials are enough for all 4 configurations"
    assert plan.pruner.startswith("auto: asha: at 1, 3, 9, 27 of 40 steps: the best 1/3")
    assert (
        "what 1/3 of the others dominate is paused"
        in make_plan(make_experiment(objective=TWO)).pruner
    )
    nothing = make_plan(make_experiment(params={"epochs": 2})).pruner
    assert nothing.startswith("auto: asha: no rung in 2 steps, so nothing is paused")


@pytest.mark.parametrize("section", ["sampler", "pruner"])
def test_auto_takes_no_options(section: str) -> None:
    sections: dict[str, Any] = {section: {"type": "auto", "min_resource": 1}}
    (fault,) = check_strategies(make_experiment(**sections))
    assert fault.code == "option-without-type"


# ---- the sampler ---------------------------------------------------------------------------------


def searched(experiment: Experiment, trials: int, *, reports: int = 1) -> list[float]:
    """Return what was proposed to trials that report the same value so many times."""
    study = OptunaStudy(open_store("memory://").study("sample"), experiment)
    found = []
    for _ in range(trials):
        proposal = asked(study)
        found.append(value_of(proposal))
        finish(study, proposal, *[-((found[-1] - 1) ** 2)] * reports)
    return found


def value_of(proposal: Proposal) -> float:
    return float(proposal.params["x"])  # type: ignore[arg-type]


def by(sampler: str) -> Experiment:
    return make_experiment(sampler={"type": sampler}, pruner={"type": "none"})


def test_trials_with_one_report_are_proposed_by_tpe_alone() -> None:
    assert searched(by("auto"), 24) == searched(by("tpe"), 24)


def test_once_trials_report_curves_the_forest_takes_part_and_one_seed_gives_one_search() -> None:
    found = searched(by("auto"), 25, reports=2)
    assert found not in (searched(by(one), 25, reports=2) for one in ("tpe", "forest"))
    assert found == searched(by("auto"), 25, reports=2)


def test_nobody_waits_for_the_forests_imports_before_trials_report_curves() -> None:
    code = (
        "import sys; from tests.unit.test_auto import by, searched;"
        "searched(by('auto'), 6); print('sklearn' in sys.modules);"
        "searched(by('auto'), 6, reports=2); print('sklearn' in sys.modules)"
    )
    command = [sys.executable, "-c", code]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert loaded == ["False", "True"]


def test_a_small_space_is_tried_through_and_then_the_search_is_over() -> None:
    space = {"x": {"type": "int", "low": 0, "high": 4}}
    experiment = make_experiment(space=space, budget={"trials": 9})
    study = OptunaStudy(open_store("memory://").study("sample"), experiment)
    found = []
    while (proposal := study.ask()) is not None:
        found.append(value_of(proposal))
        finish(study, proposal, found[-1])
    assert sorted(found) == [0, 1, 2, 3, 4]


# ---- the first rung ------------------------------------------------------------------------------


def report(rungs: Halving, number: int, steps: list[int], value: float) -> None:
    for step in steps:
        rungs.note(number, [Measurement(step, {"value": value}, 0.0)])


def is_paused_at(rungs: Halving, number: int, step: int) -> bool:
    report(rungs, number, [step], 0.0)
    return rungs.is_paused(number)


def rungs_of(length: int | None) -> Halving:
    """Return rungs at which one good trial has been, with a length by the hyperparameters."""
    rungs = Halving([Goal("value", "maximize")], 1, first_share=1 / 27)
    for number in range(3):
        rungs.begin(number, {} if length is None else {"steps": length})
    report(rungs, 0, [*range(1, 82)], 1.0)
    return rungs


def test_the_first_rung_is_at_a_27th_of_the_training_at_most() -> None:
    assert is_paused_at(rungs_of(None), 1, 1)
    assert is_paused_at(rungs_of(80), 1, 1)
    longer = rungs_of(81)
    assert not is_paused_at(longer, 1, 1) and is_paused_at(longer, 1, 3)


def test_where_complete_trials_ended_counts_more_than_the_hyperparameters() -> None:
    rungs = rungs_of(100_000)
    assert not is_paused_at(rungs, 1, 27)
    rungs.end(0, TrialState.COMPLETE)
    assert is_paused_at(rungs, 2, 27)


# ---- studies of before ---------------------------------------------------------------------------


def begun(tmp_path: Path, **sections: Any) -> Any:
    store = open_store(str(tmp_path)).study("sample")
    record_experiment(store, Source.of(make_experiment(**sections), FILE))
    return store


OLD: dict[str, Any] = {
    "sampler": {"type": "tpe"},
    "pruner": {"type": "median", "n_startup_trials": 7},
}


def test_a_study_that_was_begun_with_other_defaults_goes_on_with_them(tmp_path: Path) -> None:
    store = begun(tmp_path, **OLD)
    source, said = keep_strategies(Source.of(make_experiment(), FILE), store)
    assert source.experiment == make_experiment(**OLD)
    assert said == ["`auto` keeps sampler tpe and pruner median: the study `sample` was begun so"]
    record_experiment(store, source)
    assert read_recorded(store).pruner.options == {"n_startup_trials": 7}


def test_what_is_named_is_used_and_what_began_with_auto_stays_so(tmp_path: Path) -> None:
    named = Source.of(make_experiment(sampler={"type": "random"}, pruner={"type": "none"}), FILE)
    assert keep_strategies(named, begun(tmp_path / "old", **OLD)) == (named, [])
    auto = Source.of(make_experiment(), FILE)
    assert keep_strategies(auto, begun(tmp_path / "new")) == (auto, [])
    assert keep_strategies(auto, open_store(str(tmp_path)).study("other")) == (auto, [])


def test_validate_plans_what_run_would_do_with_the_study(tmp_path: Path) -> None:
    write_trainables(tmp_path)
    source = Source.of(make_experiment(), tmp_path / "e.yaml")
    plan = validate(source, begun(tmp_path / "studies", **OLD))
    assert plan.sampler == "tpe" and plan.pruner.startswith("median")
    assert any("`auto` keeps" in notice for notice in plan.notices)
