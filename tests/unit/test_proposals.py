"""What reaches a trial: choices told apart, exact steps, all configurations, no word of Optuna."""

import json
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from hpsearch.common.errors import UserError
from hpsearch.common.proposal import Proposal, Repetition
from hpsearch.common.trial import Value
from hpsearch.display.live_table import choose_display
from hpsearch.experiment import SAMPLERS
from hpsearch.store.folder import FolderStudy
from hpsearch.strategies import OptunaStudy, check_strategies, read_study
from hpsearch.tracking.values import params_of
from hpsearch.usecases import Source, validate
from tests.support import make_experiment
from tests.unit.test_optuna_study import asked, finish

LISTS: list[list[Value]] = [[1, True], [0, False, None], [1, 1.0], ["1", 1], ["null", None, "None"]]
# gp takes seconds; one list is enough. pbt proposes only what trials that trained leave to it.
ALIKE = [one for one in SAMPLERS if one not in ("gp", "pbt")]


@pytest.fixture
def stored(tmp_path: Path) -> FolderStudy:
    return FolderStudy(tmp_path)


def space_of(choices: list[Value]) -> dict[str, dict[str, Any]]:
    space: dict[str, dict[str, Any]] = {"c": {"type": "categorical", "choices": choices}}
    for index, choice in enumerate(choices):
        space[f"only_{index}"] = {"type": "int", "low": 0, "high": 0, "when": {"c": choice}}
    return space


@pytest.mark.parametrize("choices", LISTS, ids=json.dumps)
@pytest.mark.parametrize("kind", ALIKE)
def test_equal_choices_are_told_apart_everywhere(
    stored: FolderStudy, kind: str, choices: list[Value]
) -> None:
    experiment = make_experiment(
        space=space_of(choices), sampler={"type": kind}, budget={"trials": 40}
    )
    study = OptunaStudy(stored, experiment)
    proposals: list[Proposal] = []
    while len(proposals) < 20 and (proposal := study.ask()) is not None:
        proposals.append(proposal)
        finish(study, proposal, float(len(proposals) % 3))
    study.close()
    assert {repr(one.params["c"]) for one in proposals} == {repr(choice) for choice in choices}
    for one in proposals:
        (child,) = [name for name in one.params if name.startswith("only_")]
        assert repr(choices[int(child.removeprefix("only_"))]) == repr(one.params["c"])
    records = read_study(stored, experiment)
    assert [repr(r.params) for r in records] == [repr(one.params) for one in proposals]
    assert len({params_of(record)["c"] for record in records}) == len(choices)


@pytest.mark.parametrize("kind", ["grid", "gp"])
def test_equal_choices_are_told_apart_without_conditions(stored: FolderStudy, kind: str) -> None:
    space = {"c": {"type": "categorical", "choices": [1, True, 1.0]}}
    study = OptunaStudy(stored, make_experiment(space=space, sampler={"type": kind}))
    found = set()
    for _ in range(12):
        proposal = study.ask()
        if proposal is not None:
            found.add(repr(proposal.params["c"]))
            finish(study, proposal, 1.0)
    assert found == {"1", "True", "1.0"}


def test_a_repetition_has_the_very_choice_of_its_trial(stored: FolderStudy) -> None:
    experiment = make_experiment(space={"c": {"type": "categorical", "choices": [1, True, None]}})
    wanted = [Repetition(n, n, {"c": c}) for n, c in enumerate([True, None, 1])]
    study = OptunaStudy(stored, experiment, wanted)
    assert [repr(asked(study).params["c"]) for _ in wanted] == ["True", "None", "1"]


def test_choices_that_optuna_tells_apart_are_kept_as_before(stored: FolderStudy) -> None:
    experiment = make_experiment(space={"c": {"type": "categorical", "choices": [1, 2, "a", None]}})
    study = OptunaStudy(stored, experiment)
    value = asked(study).params["c"]
    study.close()
    storage = JournalStorage(JournalFileBackend(str(stored.layout.journal)))
    (trial,) = optuna.load_study(study_name="sample", storage=storage).trials
    assert trial.params == {"c": value}


def test_a_journal_that_mixed_up_its_choices_is_refused_and_can_be_read(
    stored: FolderStudy,
) -> None:
    experiment = make_experiment(space={"c": {"type": "categorical", "choices": [1, True]}})
    storage = JournalStorage(JournalFileBackend(str(stored.layout.journal)))
    before = optuna.create_study(study_name="sample", storage=storage, direction="maximize")
    before.ask().suggest_categorical("c", [1, True])
    with pytest.raises(UserError, match="confused-choices"):
        OptunaStudy(stored, experiment)
    assert [record.params for record in read_study(stored, experiment)] == [{"c": 1}]


@pytest.mark.parametrize("kind", ALIKE)
def test_a_step_is_exact_in_proposals_records_and_the_journal(
    stored: FolderStudy, kind: str
) -> None:
    space = {"d": {"type": "float", "low": 0.1, "high": 0.5, "step": 0.1}}
    space["x"] = {"type": "int", "low": 0, "high": 9, "when": {"d": 0.3}}
    experiment = make_experiment(space=space, sampler={"type": kind})
    study = OptunaStudy(stored, experiment)
    seen = set()
    for index in range(30):
        proposal = study.ask()
        if proposal is None:
            break
        seen.add(proposal.params["d"])
        assert ("x" in proposal.params) is (proposal.params["d"] == 0.3)
        finish(study, proposal, float(index % 4))
    assert 0.3 in seen and seen <= {0.1, 0.2, 0.3, 0.4, 0.5}
    assert {record.params["d"] for record in study.records()} == seen
    study.close()
    storage = JournalStorage(JournalFileBackend(str(stored.layout.journal)))
    assert {
        t.params["d"] for t in optuna.load_study(study_name="sample", storage=storage).trials
    } == seen


@pytest.mark.parametrize("kind", ["grid", "brute_force"])
def test_an_exhaustive_search_that_goes_on_tries_each_configuration_once(
    stored: FolderStudy, kind: str
) -> None:
    space = {"d": {"type": "float", "low": 0.1, "high": 0.5, "step": 0.1}}
    space["n"] = {"type": "int", "low": 0, "high": 2}
    experiment = make_experiment(space=space, sampler={"type": kind}, seed=5)
    found = []
    for _ in range(5):  # five drivers, one after the other
        study = OptunaStudy(stored, experiment)
        for _ in range(4):
            proposal = study.ask()
            if proposal is not None:
                found.append(tuple(proposal.params.values()))
                finish(study, proposal, 1.0)
        study.close()
    assert len(found) == 15 == len({*found})


def test_brute_force_counts_what_was_tried_and_not_the_trials(stored: FolderStudy) -> None:
    experiment = make_experiment(
        space={"n": {"type": "int", "low": 1, "high": 3}}, sampler={"type": "brute_force"}
    )
    storage = JournalStorage(JournalFileBackend(str(stored.layout.journal)))
    before = optuna.create_study(study_name="sample", storage=storage, direction="maximize")
    for _ in range(2):  # trials that lost their hyperparameters
        before.tell(before.ask(), state=optuna.trial.TrialState.FAIL)
    study, found = OptunaStudy(stored, experiment), []
    while (proposal := study.ask()) is not None:
        found.append(proposal.params["n"])
        finish(study, proposal, 1.0)
    assert sorted(map(str, found)) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("sampler", "parameter", "part"),
    [
        ("grid", {"type": "int", "low": 0, "high": 10**12}, "1,000,000,000,001 values"),
        ("brute_force", {"type": "float", "low": 0, "high": 1, "step": 1e-9}, "values"),
        ("gp", {"type": "int", "low": 0, "high": 2**53}, "fit into memory"),
        ("gp", {"type": "float", "low": 0, "high": 1, "step": 1e-12}, "fit into memory"),
    ],
)
def test_what_a_sampler_cannot_hold_is_refused_before_the_start(
    sampler: str, parameter: dict[str, Any], part: str
) -> None:
    experiment = make_experiment(space={"n": parameter}, sampler={"type": sampler})
    (fault,) = check_strategies(experiment)
    assert fault.code == "unfit-space" and part in fault.why


@pytest.mark.parametrize("kind", ["tpe", "random", "qmc", "cmaes"])
@pytest.mark.parametrize(
    "parameter",
    [
        {"type": "int", "low": -(2**53), "high": 2**53},
        {"type": "int", "low": 1, "high": 2**53, "log": True},
        {"type": "int", "low": 2**53 - 5, "high": 2**53},
        {"type": "float", "low": 0.0, "high": 1.7e308},
        {"type": "float", "low": -8e307, "high": 8e307},
        {"type": "float", "low": 1e-320, "high": 1.0, "log": True},
        {"type": "float", "low": 0.0, "high": 1e300, "step": 1e290},
        {"type": "float", "low": -0.0, "high": -0.0},
        {"type": "int", "low": 0, "high": 3, "step": 10**30},
    ],
    ids=str,
)
def test_the_widest_ranges_stay_in_range(
    stored: FolderStudy, kind: str, parameter: dict[str, Any]
) -> None:
    space = {"x": parameter, "y": {"type": "float", "low": 0, "high": 1}}
    study = OptunaStudy(stored, make_experiment(space=space, sampler={"type": kind}, seed=2**70))
    for index in range(13):
        proposal = asked(study)
        value = proposal.params["x"]
        assert type(value).__name__ == parameter["type"]
        assert parameter["low"] <= value <= parameter["high"]
        finish(study, proposal, float(index % 3))


@pytest.mark.parametrize(
    ("section", "part"),
    [
        ({"pruner": {"type": "asha"}}, "the asha pruner needs `min_resource`"),
        ({"pruner": {"type": "asha", "min_resource": "many"}}, "must be a number"),
        (
            {"pruner": {"type": "asha", "min_resource": 1, "reduction_factor": 2.5}},
            "a whole number",
        ),
        ({"pruner": {"type": "asha", "min_resource": 1, "unit": "hours"}}, "steps or seconds"),
        ({"pruner": {"type": "asha", "min_resource": 0}}, "at least"),
        ({"pruner": {"type": "percentile"}}, "needs `percentile`"),
        ({"pruner": {"type": "percentile", "percentile": "half"}}, "must be a number"),
        ({"pruner": {"type": "threshold"}}, "needs `lower` or `upper`"),
        ({"pruner": {"type": "patient"}}, "needs `patience`"),
        ({"pruner": {"type": "patient", "patience": 1, "wrapped_pruner": 3}}, "wrapped_pruner"),
        ({"pruner": {"type": "patient", "patience": 1, "wrapped_pruner": {"type": []}}}, "one of"),
        ({"pruner": {"type": "hyperband", "min_resource": 0}}, "at least"),
        ({"sampler": {"type": "tpe", "n_startup_trials": "ten"}}, "a whole number"),
        ({"sampler": {"type": "tpe", "multivariate": 1}}, "true or false"),
        ({"sampler": {"type": "tpe", "n_ei_candidates": 0}}, "at least 1"),
        ({"sampler": {"type": "tpe", "gamma": 3}}, "not an option"),
        ({"sampler": {"type": "cmaes", "x0": {"y": 1}}}, "a start in its range for each of x"),
        ({"sampler": {"type": "cmaes", "popsize": 1}}, "at least 2"),
    ],
)
def test_a_wrong_option_is_one_fault_in_plain_words(section: dict[str, Any], part: str) -> None:
    (fault,) = check_strategies(make_experiment(**section))
    assert part in str(fault)
    assert "argument" not in str(fault) and "__init__" not in str(fault)


@pytest.mark.parametrize("kind", ALIKE)
def test_optuna_says_nothing_to_people(
    stored: FolderStudy, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    level = optuna.logging.get_verbosity()
    space: dict[str, dict[str, Any]] = {
        "c": {"type": "categorical", "choices": ["a", "b"]},
        "d": {"type": "float", "low": 0.0, "high": 1.0, "step": 0.3},
        "n": {"type": "int", "low": 0, "high": 3, "step": 5},
    }
    options = {"multivariate": True, "group": True} if kind == "tpe" else {}
    experiment = make_experiment(space=space, sampler={"type": kind, **options})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        study = OptunaStudy(stored, experiment)
        for index in range(14):
            proposal = study.ask()
            if proposal is not None:
                finish(study, proposal, float(index % 3), 1.0)
        study.close()
        read_study(stored, experiment)
    assert capfd.readouterr() == ("", "")
    assert optuna.logging.get_verbosity() == level


def test_a_run_says_the_true_end_of_a_step_and_nothing_that_optuna_says(tmp_path: Path) -> None:
    report = 'trial.report(1, {"value": 1.0})'
    (tmp_path / "plain.py").write_text(f"def train(params, trial):\n    {report}\n")
    (tmp_path / "experiment.yaml").write_text(
        "name: sample\ntrainable: plain.py:train\n"
        "objective: {metric: value, direction: maximize}\n"
        "space:\n  d: {type: float, low: 0, high: 1, step: 0.3}\n"
        "  c: {type: categorical, choices: [a, b]}\n"
        "sampler: {type: cmaes}\nbudget: {trials: 4}\n"
    )
    plan = validate(Source.read(tmp_path / "experiment.yaml"))
    command = [sys.executable, "-m", "hpsearch", "run", "experiment.yaml", "--local"]
    command += ["--no-register"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert plan.notices[0].endswith("the largest value is 0.9")
    assert plan.notices[0] in run.stderr
    assert "warn" not in run.stderr.lower() and "optuna" not in run.stderr.lower()


def test_a_quiet_display_shows_no_notice(capfd: pytest.CaptureFixture[str]) -> None:
    choose_display(quiet=True).notice("steps of 0.3 never come to 1.0")
    assert capfd.readouterr() == ("", "")
