"""`hpsearch confirm` on a real search, through the command line, with Ray and MLflow."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.strategies import read_study
from hpsearch.usecases import look
from tests.end_to_end.conftest import Command

pytestmark = pytest.mark.timeout(1600)  # several processes each, with Ray, on whatever machine

# A trial's value depends on its seed; the test set is a file that notes each look at it.
TRAINABLE = """\
from pathlib import Path
import random

import safetensors.torch
import torch


def build_model(params):
    return torch.nn.Linear(3, 1)


def example_input():
    return torch.zeros(2, 3)


def _train(params, trial, metrics):
    torch.manual_seed(trial.seed)
    weights = build_model(params).state_dict()
    save = lambda folder: safetensors.torch.save_file(weights, folder / "model.safetensors")
    trial.report(1, metrics, checkpoint=save)


def train(params, trial):
    noise = random.Random(trial.seed).gauss(0, 0.01)
    if params["x"] == 3 and trial.seed % 2:
        raise RuntimeError("an odd seed")
    _train(params, trial, {"value": params["x"] + noise})


def train_final(params, trial):
    _train(params, trial, {"progress": 1.0})


def evaluate(model, params, device):
    with Path(__file__).with_name("looks").open("a") as looks:
        looks.write("x")
    return {"accuracy": 0.75, "examples": 100}
"""
EXPERIMENT = {
    "name": "toy",
    "trainable": "toy.py:train",
    "objective": {"metric": "value", "direction": "maximize"},
    "space": {"x": {"type": "categorical", "choices": [1, 2]}},
    "sampler": {"type": "brute_force"},
    "pruner": {"type": "none"},
    "budget": {"trials": 2},
    "resources": {"gpus_per_trial": 0},
}


def hpsearch(folder: Path, *words: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hpsearch", *map(str, words)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW_")}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr[-4000:] + done.stdout[-2000:]
    return done


def write(folder: Path, trainable: str = TRAINABLE, **changes: object) -> None:
    (folder / "toy.py").write_text(trainable)
    (folder / "toy.yaml").write_text(json.dumps({**EXPERIMENT, **changes}))


def records(folder: Path) -> list[TrialRecord]:
    study = look(folder / "studies", "toy")
    return read_study(study.store.part("confirmation"), study.experiment)


def confirm(folder: Path, *words: object) -> Any:
    return json.loads(hpsearch(folder, "confirm", "toy", *words, "--json").stdout)


@pytest.fixture(scope="module")
def confirmed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A folder with a search and its confirmation by Ray, and what that said."""
    folder = tmp_path_factory.mktemp("confirmed")
    write(folder)
    hpsearch(folder, "run", "toy.yaml", "--local")
    return folder, confirm(folder, "--top", 2, "--seeds", 2)


def test_every_configuration_is_trained_from_the_same_fresh_seeds(
    confirmed: tuple[Path, Any],
) -> None:
    folder, said = confirmed
    study = look(folder / "studies", "toy")
    trained = [record for record in records(folder) if record.seed in said["seeds"]]
    first, second = said["seeds"][:2]
    pairs = [(record.repeats, record.seed) for record in trained][:4]
    best, other = (one["trial"] for one in said["configurations"])
    assert pairs == [(best, first), (other, first), (best, second), (other, second)]
    assert not {first, second} & {record.seed for record in study.records}
    assert all(one.params == study.records[one.repeats or 0].params for one in trained)


def test_the_winner_is_named_and_evaluated(confirmed: tuple[Path, Any]) -> None:
    folder, said = confirmed
    winner = said["configurations"][0]
    assert said["winner"] == winner["trial"]
    assert winner["params"]["x"] == 2
    assert winner["mean"] == pytest.approx(sum(winner["values"].values()) / 2)
    assert said["final"]["trained_on_validation_data"] is True
    assert said["final"]["trial"] == said["winner"]
    assert said["test"]["metrics"] == {"accuracy": 0.75}
    assert said["test"]["intervals_95"]["accuracy"] == pytest.approx([0.6569, 0.8245], abs=1e-4)
    assert (folder / "looks").read_text() == "x"


def test_mlflow_has_the_confirmation_under_the_study(confirmed: tuple[Path, Any]) -> None:
    folder, said = confirmed
    client = MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("toy")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id])
    named = {run.info.run_name: run for run in runs}
    parent, study = named["toy confirmation"], named["toy"]
    assert parent.data.tags["mlflow.parentRunId"] == study.info.run_id
    children = [
        run for run in runs if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id
    ]
    kinds = sorted(run.data.tags["hpsearch.kind"] for run in children)
    assert kinds == ["confirmation"] * 4 + ["final"]
    winner = said["winner"]
    assert parent.data.metrics[f"mean/trial_{winner}"] == said["configurations"][0]["mean"]
    assert parent.data.metrics["test_accuracy"] == 0.75
    assert said["verdict"] in parent.data.tags["mlflow.note.content"].lower()
    (final,) = [run for run in children if run.data.tags["hpsearch.kind"] == "final"]
    assert "objective" not in final.data.metrics  # it measures nothing that could be compared
    version = client.get_model_version_by_alias("toy", "champion")
    assert (version.run_id, version.tags["hpsearch.trial"]) == (final.info.run_id, str(winner))
    assert client.get_model_version_by_alias("toy", "previous").run_id != version.run_id


def test_confirming_again_looks_at_nothing_again_and_more_seeds_are_added(
    confirmed: tuple[Path, Any], in_process: Command, tmp_path: Path
) -> None:
    searched, said = confirmed
    folder = shutil.copytree(searched, tmp_path / "copy")  # the others count the trainings
    words = ("confirm", "toy", "--top", 2, "--local", "--json", "--seeds")
    store = {"tracking_uri": f"sqlite:///{folder / 'mlflow.db'}"}
    assert json.loads(in_process(folder, *words, 2).stdout) == said | store
    more = json.loads(in_process(folder, *words, 3).stdout)
    assert more["seeds"][:2] == said["seeds"]
    assert len(records(folder)) == 6
    assert [len(one["values"]) for one in more["configurations"]] == [3, 3]
    assert more["test"] == said["test"]
    assert (folder / "looks").read_text() == "x"
    # a search that is told again takes nothing from what was confirmed
    in_process(folder, "run", "toy.yaml", "--local")
    client = MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")
    assert len(client.search_model_versions("name='toy'")) == 2
    assert client.get_model_version_by_alias("toy", "champion").tags["hpsearch.kind"]


def test_a_configuration_that_fails_is_said_and_the_median_seed_stands_in(
    tmp_path: Path, in_process: Command
) -> None:
    trainable = TRAINABLE.replace("def train_final", "def another")
    space = {"x": {"type": "categorical", "choices": [1, 3]}}
    write(tmp_path, trainable, space=space, seed=7)  # two of its first four fresh seeds are odd
    in_process(tmp_path, "run", "toy.yaml", "--local", "--no-register")
    done = in_process(
        tmp_path, "confirm", "toy", "--top", 4, "--seeds", 4, "--local", "--no-register"
    )
    failed = [one for one in records(tmp_path) if one.state is TrialState.FAILED]
    assert len(failed) == 2
    assert "2 of 4" in done.stdout
    assert "an odd seed" in done.stderr
    assert "2 different configurations" in done.stderr
    assert "median seed" in done.stdout
    assert "accuracy 0.75" in done.stdout
    assert not MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}").search_registered_models()


def test_a_final_training_that_fails_takes_no_comparison_away_and_is_tried_again(
    tmp_path: Path, in_process: Command
) -> None:
    write(tmp_path, TRAINABLE.replace('"progress"', '"progres"'))
    in_process(tmp_path, "run", "toy.yaml", "--local", "--no-register")
    words = ["confirm", "toy", "--top", 2, "--seeds", 2, "--local", "--no-register"]
    done = in_process(tmp_path, *words, code=1)
    best = max(records(tmp_path), key=lambda one: one.values).original
    assert "rank  trial" in done.stdout and f"trial {best} wins" in done.stdout
    assert "error[no-final-model]" in done.stderr and "it reported progres;" in done.stderr
    write(tmp_path)
    assert "accuracy 0.75" in in_process(tmp_path, *words).stdout
    assert len(records(tmp_path)) == 4


def test_what_cannot_be_confirmed_is_refused(tmp_path: Path, in_process: Command) -> None:
    said = in_process(tmp_path, "confirm", "toi", code=2).stderr
    assert "error[no-study]" in said
    write(tmp_path, space={"x": {"type": "categorical", "choices": [3]}}, budget={"trials": 1})
    raising = TRAINABLE.replace("trial.seed % 2", "True")
    (tmp_path / "toy.py").write_text(raising)
    in_process(tmp_path, "run", "toy.yaml", "--local", code=1)
    assert "error[no-complete-trial]" in in_process(tmp_path, "confirm", "toy", code=2).stderr
    in_process(tmp_path, "confirm", "toy", "--seeds", 1, code=2)
    assert not (tmp_path / "studies" / "toy" / "confirm").exists()
