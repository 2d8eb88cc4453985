"""A trainable that uses MLflow itself: its runs are the study's, wherever they are made."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run, ViewType

import hpsearch
from hpsearch import Study
from hpsearch.tracking import find_runs
from hpsearch.usecases.identity import read_identity

CODE = """\
import os, subprocess, sys, threading

def train(params, trial):
    import mlflow
    return globals()[params["kind"]](mlflow, trial)

def logs(mlflow, trial):
    mlflow.log_metric("inner", 1.0)
    trial.report(1, {"loss": 1.0})

def nests(mlflow, trial):
    with mlflow.start_run(run_name="outer"):
        with mlflow.start_run(run_name="inner", nested=True):
            mlflow.log_param("depth", 2)
    trial.report(1, {"loss": 1.0})

def learns(mlflow, trial):
    from sklearn.linear_model import LogisticRegression
    mlflow.sklearn.autolog(log_models=False, silent=True)
    LogisticRegression().fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1])
    mlflow.sklearn.autolog(disable=True)
    trial.report(1, {"loss": 1.0})

def raises(mlflow, trial):
    mlflow.start_run()
    mlflow.start_run(nested=True)
    raise RuntimeError("no such luck")

def in_a_child(mlflow, trial):
    code = "import mlflow; mlflow.log_metric('inner', 2.0); import os; os._exit(0)"
    subprocess.run([sys.executable, "-c", code], check=True)
    trial.report(1, {"loss": 1.0})

def in_a_thread(mlflow, trial):
    thread = threading.Thread(target=mlflow.log_metric, args=("inner", 3.0))
    thread.start()
    thread.join()
    trial.report(1, {"loss": 1.0})

def its_own_run(mlflow, trial):
    with mlflow.start_run(run_id=trial.mlflow_run_id):
        mlflow.log_metric("extra", 4.0)
        mlflow.log_metric("loss", 9.0, step=7)
        mlflow.log_param("note", "mine")
    trial.report(1, {"loss": 1.0})
    assert trial.mlflow_run_id == trial.mlflow_run_id

def dies(mlflow, trial):
    mlflow.start_run(run_name="unfinished")
    os._exit(3)
"""
KINDS = ["logs", "nests", "learns", "raises", "in_a_child", "in_a_thread", "its_own_run"]


@dataclass
class Searched:
    """A study whose trainables used MLflow, and what MLflow has of it, by kind of trainable."""

    study: Study
    client: MlflowClient
    changed_variables: set[str]

    @property
    def runs(self) -> list[Run]:
        experiment = self.client.get_experiment_by_name("inside")
        return list(self.client.search_runs([experiment.experiment_id]))

    def trial_of(self, kind: str) -> Run:
        (number,) = [one.number for one in self.study.trials if one.params["kind"] == kind]
        (run,) = [one for one in self.runs if one.data.tags.get("hpsearch.trial") == str(number)]
        return run

    def below(self, run: Run) -> list[Run]:
        parent = run.info.run_id
        return [one for one in self.runs if one.data.tags.get("mlflow.parentRunId") == parent]

    def inside(self, kind: str) -> Run:
        (run,) = self.below(self.trial_of(kind))
        return run


def search(folder: Path, kinds: list[str], *, local: bool) -> Study:
    kind = {"type": "categorical", "choices": kinds}
    return hpsearch.run(
        folder / "experiment.yaml",
        space={"kind": kind},
        local=local,
        register=False,
        quiet=True,
        studies=folder / "studies",
    )


@pytest.fixture(scope="module")
def prepare(empty_mlflow: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    def made() -> Path:
        folder = tmp_path_factory.mktemp("inside")
        shutil.copy(empty_mlflow, folder / "mlflow.db")
        (folder / "train.py").write_text(CODE)
        (folder / "experiment.yaml").write_text(
            "name: inside\ntrainable: train.py:train\n"
            "objective: {metric: loss, direction: minimize}\n"
            "space: {kind: {type: categorical, choices: [logs]}}\n"
            "sampler: {type: grid}\nbudget: {trials: 20}\n"
            "resources: {retries: 0, parallel_trials: 2}\n"
            f"tracking: {{uri: 'sqlite:///{folder}/mlflow.db'}}\n"
        )
        return folder

    return made


@pytest.fixture(scope="module", params=["local", pytest.param("ray", marks=pytest.mark.slow)])
def searched(request: pytest.FixtureRequest, prepare: Callable[[], Path]) -> Iterator[Searched]:
    folder, local = prepare(), request.param == "local"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)  # MLflow puts artifacts into ./mlruns
        before = dict(os.environ)
        study = search(folder, KINDS if local else [*KINDS, "dies"], local=local)
        changed = {name for name, value in os.environ.items() if before.get(name) != value}
        yield Searched(study, MlflowClient(f"sqlite:///{folder}/mlflow.db"), changed)


def test_all_but_the_broken_trials_are_complete(searched: Searched) -> None:
    failed = {one.params["kind"]: one.traceback for one in searched.study.trials if not one.values}
    assert failed.keys() <= {"raises", "dies"}, failed


@pytest.mark.parametrize("kind", ["logs", "nests", "learns", "in_a_child", "in_a_thread"])
def test_a_run_of_a_trainable_is_under_its_trials_run(searched: Searched, kind: str) -> None:
    assert "hpsearch.trial" not in searched.inside(kind).data.tags


def test_a_run_may_have_runs_of_its_own(searched: Searched) -> None:
    outer = searched.inside("nests")
    assert [one.info.run_name for one in searched.below(outer)] == ["inner"]


def test_a_child_process_records_under_the_trial(searched: Searched) -> None:
    assert searched.inside("in_a_child").data.metrics == {"inner": 2.0}


def test_autologging_records_under_the_trial(searched: Searched) -> None:
    assert searched.inside("learns").data.params["fit_intercept"] == "True"


def test_nothing_is_in_mlflows_default_experiment(searched: Searched) -> None:
    assert not searched.client.search_runs(["0"], run_view_type=ViewType.ALL)


def test_no_run_is_left_running(searched: Searched) -> None:
    statuses = {one.info.run_name: one.info.status for one in searched.runs}
    assert "RUNNING" not in statuses.values(), statuses
    outer = searched.inside("raises")
    assert [outer.info.status, *(r.info.status for r in searched.below(outer))] == ["FAILED"] * 2


def test_a_trial_may_record_into_its_own_run(searched: Searched) -> None:
    run = searched.trial_of("its_own_run")
    assert (run.data.metrics["extra"], run.data.params["note"]) == (4.0, "mine")
    assert (run.info.status, run.data.metrics["objective"]) == ("FINISHED", 1.0)


def test_what_a_trial_recorded_in_its_own_run_survives_another_search(
    searched: Searched,
) -> None:
    run = searched.trial_of("its_own_run")
    searched.study.run(trials=21, local=True, quiet=True)
    assert searched.trial_of("its_own_run").info.run_id == run.info.run_id
    assert searched.below(searched.trial_of("logs"))


def test_the_environment_is_as_it_was(searched: Searched) -> None:
    assert not [name for name in searched.changed_variables if name.startswith("MLFLOW")]


def test_the_runs_inside_are_removed_with_the_study(searched: Searched) -> None:
    uri = searched.study.experiment.tracking.uri
    identity = read_identity(searched.study._store)
    found = find_runs(uri, "inside", [identity.id])
    assert {*found.ids} == {one.info.run_id for one in searched.runs}


def test_a_run_whose_process_was_killed_is_ended(
    searched: Searched, request: pytest.FixtureRequest
) -> None:
    if request.node.callspec.params["searched"] == "local":
        pytest.skip("the process of the search itself would end")
    inside = searched.inside("dies")
    assert (inside.info.run_name, inside.info.status) == ("unfinished", "KILLED")


NO_MLFLOW = """\
import sys

def train(params, trial):
    assert "mlflow" not in sys.modules, "hpsearch imported MLflow"
    return params["x"]
"""


def test_a_worker_imports_no_mlflow_of_its_own(
    prepare: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = prepare()
    monkeypatch.chdir(folder)
    (folder / "train.py").write_text(NO_MLFLOW)
    study = hpsearch.run(
        folder / "experiment.yaml", space={"x": {"type": "float", "low": 0, "high": 1}},
        sampler={"type": "random"}, trials=2, register=False, quiet=True,
        studies=folder / "studies",
    )  # fmt: skip
    assert all(one.values for one in study.trials), study.trials
