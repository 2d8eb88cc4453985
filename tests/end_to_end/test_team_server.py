"""Every command against MLflow as a team runs it: PostgreSQL, a bucket, passwords.

The commands know the server's address and a password, and nothing of the database or the bucket.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mlflow import MlflowClient
from PIL import Image

from tests.end_to_end.test_mnist import EXPERIMENTS, SMALL
from tests.mlflow_server import MlflowServer, mlflow_server
from tests.s3 import s3_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]  # the first test searches

TRIALS = 3


@pytest.fixture(scope="module")
def server(
    postgres_address: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MlflowServer]:
    folder = tmp_path_factory.mktemp("server")
    with s3_server() as s3, mlflow_server(folder, postgres_address, s3) as running:
        yield running


@dataclass(frozen=True)
class Team:
    """Somebody's folder, from which the server is used."""

    folder: Path
    server: MlflowServer

    def call(
        self, *words: object, code: int = 0, **more: str
    ) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "hpsearch", *map(str, words)]
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW_", "AWS_"))}
        environment = {**kept, "MLFLOW_TRACKING_URI": self.server.uri, **self.server.login, **more}
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stderr[-4000:] + done.stdout[-2000:]
        return done

    def read(self, *words: object) -> Any:
        return json.loads(self.call(*words, "--json").stdout)


@pytest.fixture(scope="module")
def team(server: MlflowServer, tmp_path_factory: pytest.TempPathFactory) -> Team:
    """A folder with a finished search that the server has recorded."""
    made = Team(tmp_path_factory.mktemp("team"), server)
    overrides = {**SMALL, "budget.trials": TRIALS, "resources.parallel_trials": 2}
    words = [word for key, value in overrides.items() for word in ("--set", f"{key}={value}")]
    made.call("run", EXPERIMENTS / "cnn.yaml", *words)
    Image.fromarray(np.zeros((28, 28), np.uint8)).save(made.folder / "digit.png")
    return made


@pytest.fixture
def client(server: MlflowServer, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    for name, value in server.login.items():
        monkeypatch.setenv(name, value)
    return MlflowClient(server.uri)


def runs(client: MlflowClient, view: int = 1) -> list[Any]:
    experiment = client.get_experiment_by_name("mnist-cnn")
    assert experiment is not None
    return list(client.search_runs([experiment.experiment_id], run_view_type=view))


def trials(client: MlflowClient, view: int = 1) -> list[Any]:
    return [one for one in runs(client, view) if "hpsearch.trial" in one.data.tags]


def test_every_trial_is_recorded_and_its_files_are_in_the_bucket(
    team: Team, client: MlflowClient
) -> None:
    shown = team.read("show", "mnist-cnn")
    recorded = {int(one.data.tags["hpsearch.trial"]): one for one in trials(client)}
    assert sorted(recorded) == [trial["number"] for trial in shown["trials"]] == [0, 1, 2]
    (parent,) = [one for one in runs(client) if "hpsearch.trial" not in one.data.tags]
    assert parent.info.artifact_uri.startswith("mlflow-artifacts:/")
    assert "report" in [file.path for file in client.list_artifacts(parent.info.run_id)]


def test_the_champion_is_registered_and_predicts_from_the_registry(
    team: Team, client: MlflowClient
) -> None:
    version = client.get_model_version_by_alias("mnist-cnn", "champion")
    assert version.status == "READY"
    uris = ("models:/mnist-cnn@champion", "models:/mnist-cnn/1")
    found = [team.read("predict", uri, "digit.png") for uri in uris]
    own = team.read("predict", "mnist-cnn", "digit.png")
    for one in found:
        assert one[0]["probabilities"] == pytest.approx(own[0]["probabilities"], abs=1e-5)


def test_a_wrong_password_is_told_before_anything_starts(team: Team) -> None:
    wrong = {"MLFLOW_TRACKING_PASSWORD": "wrong"}
    refused = team.call("predict", "models:/mnist-cnn/1", "digit.png", code=2, **wrong)
    assert "error[no-model]" in refused.stderr and "MLFLOW_TRACKING_PASSWORD" in refused.stderr
    refused = team.call("run", EXPERIMENTS / "cnn.yaml", "--set", "name=other", code=2, **wrong)
    assert "error[no-tracking]" in refused.stderr and "MLFLOW_TRACKING_PASSWORD" in refused.stderr
    assert "trial 0 started" not in refused.stderr
    assert not (team.folder / "studies" / "other").exists()


def test_evaluate_export_report_and_ui_work_against_it(team: Team, client: MlflowClient) -> None:
    evaluated = team.read("evaluate", "mnist-cnn")
    best = team.read("show", "mnist-cnn")["best"]["number"]
    (run,) = [one for one in trials(client) if one.data.tags["hpsearch.trial"] == str(best)]
    logged = [value for key, value in run.data.metrics.items() if "accuracy" in key]
    assert evaluated["metrics"]["accuracy"] in logged
    team.call("export", "mnist-cnn", "--output", "out")
    assert (team.folder / "out" / "model.pt2").is_file()
    team.call("report", "mnist-cnn")
    shown = team.read("ui", "mnist-cnn")
    assert shown["address"].startswith(f"{team.server.uri}/#/")


def test_a_confirmation_is_recorded_and_registered(team: Team, client: MlflowClient) -> None:
    team.call("confirm", "mnist-cnn", "--top", "1", "--seeds", "2")
    versions = client.search_model_versions("name = 'mnist-cnn'")
    champion = client.get_model_version_by_alias("mnist-cnn", "champion")
    assert len(versions) == 2 and champion.version == max(one.version for one in versions)


def test_rm_moves_the_runs_to_the_trash(team: Team, client: MlflowClient) -> None:
    team.call("rm", "mnist-cnn", "--yes")
    assert runs(client) == []
    assert len(trials(client, view=2)) >= TRIALS
