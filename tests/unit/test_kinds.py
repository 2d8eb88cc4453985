"""The kinds of samplers and pruners: named once, a file each, checked early."""

import inspect
import pkgutil
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import optuna
import pytest

from hpsearch.experiment import Experiment, kinds
from hpsearch.store.folder import FolderStudy
from hpsearch.strategies import OptunaStudy, check_strategies, pruners, registry, samplers
from hpsearch.strategies.options import faults_of
from hpsearch.strategies.optuna_pruner import OptunaPruner
from hpsearch.strategies.optuna_sampler import OptunaSampler
from hpsearch.strategies.samplers import random
from hpsearch.usecases.plan import make_plan
from tests.support import make_experiment

TWO = [{"metric": "a", "direction": "maximize"}, {"metric": "b", "direction": "minimize"}]
OPTUNA_SAMPLERS = [k for k in registry.all_samplers().values() if isinstance(k, OptunaSampler)]
OPTUNA_PRUNERS = [k for k in registry.all_pruners().values() if isinstance(k, OptunaPruner)]
DISCRETE = {"n": {"type": "int", "low": 0, "high": 5}, "m": {"type": "int", "low": 0, "high": 5}}


def test_each_kind_that_an_experiment_may_name_is_a_file_of_that_name() -> None:
    assert files_of(samplers) == {*kinds.SAMPLERS} == {*get_args(kinds.SamplerType)}
    assert files_of(pruners) == {*kinds.PRUNERS} == {*get_args(kinds.PrunerType)}
    for name, kind in {**registry.all_samplers(), **registry.all_pruners()}.items():
        assert kind.name == name


def files_of(package: ModuleType) -> set[str]:
    return {module.name for module in pkgutil.iter_modules(package.__path__)}


def test_editors_are_told_what_each_kind_does() -> None:
    sections = Experiment.model_json_schema()["$defs"]
    for section, known in (("Sampler", kinds.SAMPLERS), ("Pruner", kinds.PRUNERS)):
        key = sections[section]["properties"]["type"]
        told = dict(zip(key["enum"], key["enumDescriptions"], strict=True))
        assert told == {name: about.summary for name, about in known.items()}
        assert all(name in key["description"] for name in told)


def parameters(kind: OptunaSampler | OptunaPruner) -> dict[str, inspect.Parameter]:
    module = import_module(kind.module) if isinstance(kind, OptunaSampler) else optuna.pruners
    found = getattr(module, kind.class_name)
    return {**inspect.signature(found).parameters}


@pytest.mark.parametrize("kind", OPTUNA_PRUNERS, ids=lambda kind: kind.name)
def test_what_is_said_of_a_pruner_are_options_and_defaults_of_optunas_class(
    kind: OptunaPruner,
) -> None:
    known = parameters(kind)
    assert kind.defaults == {name: known[name].default for name in kind.defaults}
    assert {*kind.one_of} <= {*known}
    assert {*re.findall(r"pruner\.(\w+)", kind.relaxed_by)} <= {*known} or kind.name == "none"


@pytest.mark.parametrize("kinds", [OPTUNA_SAMPLERS, OPTUNA_PRUNERS], ids=["samplers", "pruners"])
def test_every_limit_is_of_an_option_that_optuna_has(
    kinds: Sequence[OptunaSampler | OptunaPruner],
) -> None:
    limited = {name for kind in kinds for name in kind.limits}
    assert limited <= {name for kind in kinds for name in parameters(kind)}


@pytest.mark.parametrize("name", kinds.SAMPLERS)
def test_a_sampler_that_is_valid_without_optuna_is_built_by_it(name: str) -> None:
    for space in (DISCRETE, {"x": {"type": "float", "low": 0, "high": 1}}):
        experiment = make_experiment(space=space, sampler={"type": name})
        kind = registry.sampler_of(experiment)
        assert kind.validate(experiment) == faults_of(lambda: kind.build(experiment))  # noqa: B023


@pytest.mark.parametrize("name", kinds.PRUNERS)
def test_a_pruner_that_is_valid_without_optuna_is_built_by_it(name: str) -> None:
    experiment = make_experiment(pruner={"type": name})
    kind = registry.pruner_of(experiment)
    refused = faults_of(lambda: kind.pausing(experiment)) or faults_of(
        lambda: kind.build(experiment)
    )
    assert kind.validate(experiment) == refused


def test_kinds_without_options_are_checked_and_described_without_optuna() -> None:
    code = """
import sys
from hpsearch.experiment.schema import Experiment
from hpsearch.strategies import registry
for section, known in (("sampler", registry.all_samplers()), ("pruner", registry.all_pruners())):
    for name, kind in known.items():
        options = {"min_resource": 2} if name == "asha" else {}
        experiment = Experiment(name="s", trainable="t.py:train", objective="maximize v",
            space={"n": {"type": "int", "low": 0, "high": 3}},
            **{section: {"type": name, **options}})
        if not getattr(kind, "needs_options", False):
            assert registry.check_strategies(experiment) == []
            assert name in kind.describe(experiment)
assert "optuna" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("section", "what"),
    [
        ({"sampler": {"type": "tpe", "n_startup_trials": -3}}, "`sampler.n_startup_trials` is -3."),
        ({"sampler": {"type": "gp", "n_startup_trials": -1}}, "`sampler.n_startup_trials` is -1."),
        (
            {"sampler": {"type": "cmaes", "n_startup_trials": -1}},
            "`sampler.n_startup_trials` is -1.",
        ),
        (
            {"pruner": {"type": "hyperband", "min_resource": 30, "max_resource": 3}},
            "`pruner.max_resource` is 3.",
        ),
    ],
)
def test_what_optuna_takes_and_makes_no_sense_of_is_refused(
    section: dict[str, Any], what: str
) -> None:
    (fault,) = registry.check_strategies(make_experiment(**section))
    assert (fault.code, fault.what) == ("wrong-option", what)


@pytest.mark.parametrize("options", [{"max_resource": 30}, {"max_resource": "auto"}, {}])
def test_a_first_rung_up_to_the_last_one_is_right(options: dict[str, Any]) -> None:
    pruner = {"type": "hyperband", "min_resource": 30, **options}
    assert not registry.check_strategies(make_experiment(pruner=pruner))


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"pruner": {"type": "hyperband"}}, "hyperband"),
        (
            {"pruner": {"type": "hyperband", "min_resource": 2}},
            "hyperband: at the steps 2, 6, 18, …: the best 1/3 continue",
        ),
        (
            {"pruner": {"type": "successive_halving", "min_resource": 2}},
            "successive_halving: at the steps 2, 8, 32, …: the best 1/4 continue",
        ),
        (
            {"pruner": {"type": "threshold", "lower": 0.5}},
            "threshold: at every report from step 0",
        ),
        ({"pruner": {"type": "patient", "patience": 4}}, "patient, patience 4"),
        (
            {"pruner": {"type": "asha", "min_resource": 2.5, "unit": "seconds"}},
            "asha: at 2.5, 7.5, 22.5, … seconds: the best 1/3 are promoted, the others paused",
        ),
    ],
)
def test_the_plan_says_of_each_pruner_when_it_acts(section: dict[str, Any], words: str) -> None:
    assert make_plan(make_experiment(**section)).pruner == words


@pytest.mark.parametrize("name", [one for one in kinds.SAMPLERS if one != "pbt"])
def test_a_sampler_takes_several_objectives_or_is_refused_before_the_start(name: str) -> None:
    study = optuna.create_study(directions=["maximize", "minimize"])
    experiment = make_experiment(space=DISCRETE, sampler={"type": name})
    study.sampler = registry.sampler_of(experiment).build(experiment)
    sections: dict[str, Any] = {
        "objective": TWO,
        "pruner": {"type": "none"},
        "sampler": {"type": name},
    }
    try:
        made = make_experiment(space=DISCRETE, **sections)
    except ValueError as refused:
        assert f"the {name} sampler takes a single objective" in str(refused)
        with pytest.raises(ValueError, match="multi-objective"):
            try_some(study)
    else:
        assert len(made.goals) == 2
        try_some(study)


def try_some(study: optuna.Study) -> None:
    for _ in range(4):
        trial = study.ask()
        values = [float(trial.suggest_int(name, 0, 5)) for name in DISCRETE]
        study.tell(trial, values)


@pytest.mark.parametrize("name", ["median", "threshold", "patient"])
def test_a_pruner_cannot_be_used_with_several_objectives(name: str) -> None:
    with pytest.raises(ValueError, match="takes a single objective"):
        make_experiment(objective=TWO, pruner={"type": name})


@pytest.mark.parametrize(
    "section",
    [
        {"sampler": {"type": "random", "search_space": {"x": [1]}}},
        {"sampler": {"type": "tpe", "wrapped_pruner": {"type": "median"}}},
        {"pruner": {"type": "asha", "min_resource": 1, "goal": "loss"}},
        {"pruner": {"type": "median", "wrapped_pruner": {"type": "none"}}},
        {"pruner": {"type": "patient", "patience": 1, "wrapped_pruner": {"goal": 1}}},
    ],
    ids=str,
)
def test_an_option_that_another_kind_has_is_unknown_to_this_one(section: dict[str, Any]) -> None:
    (fault,) = check_strategies(make_experiment(**section))
    assert fault.code == "unknown-option"


def test_a_study_allows_look_ahead_as_its_sampler_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = make_experiment(sampler={"type": "random"})
    study = OptunaStudy(FolderStudy(tmp_path), experiment)
    assert study.allows_lookahead
    assert isinstance(random.SAMPLER, OptunaSampler)
    monkeypatch.setattr(random, "SAMPLER", replace(random.SAMPLER, allows_lookahead=False))
    assert not study.allows_lookahead
    study.close()
