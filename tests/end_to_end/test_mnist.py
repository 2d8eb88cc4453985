"""The main job, whole: real Ray, Optuna, MLflow store and MNIST, on few steps."""

import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import optuna
import pytest
from mlflow import MlflowClient
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from tests.end_to_end.conftest import Command

pytestmark = pytest.mark.timeout(1600)  # the first test searches, on whatever machine

EXPERIMENTS = Path(__file__).parents[2] / "experiments"
TRIALS = 5
SMALL = {
    "params.steps": 20,
    "params.report_every_steps": 10,
    "space.filters_1": "{type: int, low: 2, high: 4}",
    "space.filters_2": "{type: int, low: 4, high: 8}",
    "space.dense_units": "{type: int, low: 16, high: 32}",
    "pruner": "{type: median, n_startup_trials: 2, n_warmup_steps: 0}",
    "budget.trials": TRIALS,
    "checkpoints.keep": 2,
}
BARE = """
import sys, torch
model = torch.export.load(sys.argv[1]).module()
for size in (1, 7):
    probabilities = model(torch.rand(size, 1, 28, 28))
    assert probabilities.shape == (size, 10), probabilities.shape
    assert torch.allclose(probabilities.sum(1), torch.ones(size), atol=1e-5)
assert not [name for name in sys.modules if name.split(".")[0] in ("hpsearch", "cnn", "mlflow")]
"""


def hpsearch(folder: Path, *words: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the command line in a folder, as a person would."""
    command = [sys.executable, "-m", "hpsearch", *map(str, words)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW_")}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr[-4000:] + done.stdout[-2000:]
    return done


def read(folder: Path, *words: object) -> Any:
    return json.loads(hpsearch(folder, *words, "--json").stdout)


def run(folder: Path, *more: object) -> subprocess.CompletedProcess[str]:
    overrides = [word for key, value in SMALL.items() for word in ("--set", f"{key}={value}")]
    return hpsearch(folder, "run", EXPERIMENTS / "cnn.yaml", *overrides, *more)


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a finished search, its path as unfriendly as paths may be."""
    folder = tmp_path_factory.mktemp("a 'quoted' folder")
    run(folder)
    yield folder


@pytest.fixture(scope="module")
def shown(searched: Path) -> Any:
    return read(searched, "show", "mnist-cnn")


def study_of(folder: Path) -> optuna.Study:
    journal = folder / "studies" / "mnist-cnn" / "journal.log"
    storage = JournalStorage(JournalFileBackend(str(journal)))
    return optuna.load_study(study_name="mnist-cnn", storage=storage)


def children_of(folder: Path) -> dict[int, Any]:
    client = MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("mnist-cnn")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id], max_results=1000)
    children = [run for run in runs if "mlflow.parentRunId" in run.data.tags]
    assert len(runs) == len(children) + 1
    numbered = {int(run.data.tags["hpsearch.trial"]): run for run in children}
    assert len(numbered) == len(children)
    return numbered


def test_show_lists_every_trial_once(shown: Any) -> None:
    assert [trial["number"] for trial in shown["trials"]] == list(range(TRIALS))
    assert {trial["state"] for trial in shown["trials"]} <= {"complete", "pruned"}
    complete = [t for t in shown["trials"] if t["state"] == "complete"]
    best = max(complete, key=lambda trial: trial["values"]["val_accuracy"])
    assert shown["best"]["number"] == best["number"]


def test_optuna_and_mlflow_hold_the_same_trials(searched: Path, shown: Any) -> None:
    study, children = study_of(searched), children_of(searched)
    assert [trial.number for trial in study.trials] == sorted(children) == list(range(TRIALS))
    for trial, listed in zip(study.trials, shown["trials"], strict=True):
        run = children[trial.number]
        assert listed["values"] == {"val_accuracy": trial.value}
        assert run.data.metrics["objective"] == trial.value
        assert run.data.tags["hpsearch.state"] == listed["state"]
        logged = run.data.params
        assert {name: str(value) for name, value in listed["params"].items()} == logged
        assert {name: str(value) for name, value in trial.params.items()}.items() <= logged.items()


def test_optuna_and_mlflow_hold_the_same_curves(searched: Path) -> None:
    client = MlflowClient(f"sqlite:///{searched / 'mlflow.db'}")
    children = children_of(searched)
    for trial in study_of(searched).trials:
        history = client.get_metric_history(children[trial.number].info.run_id, "val_accuracy")
        assert [(point.step, point.value) for point in history] == [
            *trial.intermediate_values.items()
        ]


def test_the_best_model_is_the_champion(searched: Path, shown: Any) -> None:
    client = MlflowClient(f"sqlite:///{searched / 'mlflow.db'}")
    version = client.get_model_version_by_alias("mnist-cnn", "champion")
    best = children_of(searched)[shown["best"]["number"]]
    assert version.run_id == best.info.run_id


@pytest.mark.slow
def test_the_exported_program_needs_torch_alone(searched: Path) -> None:
    output = searched / "out"
    exported = read(searched, "export", "mnist-cnn", "--output", output)
    files = {"model.pt2", "model.safetensors", "manifest.json", "README.md"}
    assert set(exported["files"]) == files
    command = [sys.executable, "-I", "-c", BARE, str(output / "model.pt2")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_report_and_its_pictures_stand_in_the_parent_run(searched: Path) -> None:
    client = MlflowClient(f"sqlite:///{searched / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("mnist-cnn")
    assert experiment is not None
    (parent,) = client.search_runs([experiment.experiment_id], "tags.`hpsearch.study` != ''")
    names = {Path(file.path).name for file in client.list_artifacts(parent.info.run_id, "report")}
    assert names >= {"report.html", "history.png", "curves.png", "parallel.png", "slices.png"}
    assert (searched / "studies" / "mnist-cnn" / "report.html").read_text().count("<svg") > 5


def test_an_export_is_never_overwritten_unasked(searched: Path, in_process: Command) -> None:
    output = searched / "again"
    export = ("export", "mnist-cnn", "--output", output)
    in_process(searched, *export, "--format", "safetensors")
    refused = in_process(searched, *export, code=2)
    assert "error[file-exists]" in refused.stderr and "--force" in refused.stderr
    in_process(searched, *export, "--force", "--format", "pt2")
    assert not (output / "model.safetensors").exists()
    (output / "mine.txt").write_text("mine")
    refused = in_process(searched, *export, "--force", code=2)
    assert "error[not-an-export]" in refused.stderr and "would delete mine.txt" in refused.stderr
    assert (output / "mine.txt").read_text() == "mine"


def test_the_test_set_is_for_evaluate(searched: Path, shown: Any, in_process: Command) -> None:
    evaluation = json.loads(in_process(searched, "evaluate", "mnist-cnn", "--json").stdout)
    assert 0 < evaluation["metrics"]["accuracy"] < 1
    assert math.isfinite(evaluation["metrics"]["loss"])
    assert sum(map(sum, evaluation["confusion_matrix"])) == evaluation["examples"] == 10_000
    run = children_of(searched)[evaluation["trial"]]
    assert run.data.metrics["test_accuracy"] == evaluation["metrics"]["accuracy"]
    reported = {name for t in shown["trials"] for name in t.get("metrics", {})}
    assert not [name for name in reported if "test" in name]


def test_a_finished_study_is_left_as_it_is(searched: Path, shown: Any) -> None:
    before = (searched / "studies" / "mnist-cnn" / "journal.log").read_bytes()
    again = run(searched)
    assert "all 5 trials have run" in again.stderr
    assert (searched / "studies" / "mnist-cnn" / "journal.log").read_bytes() == before
    client = MlflowClient(f"sqlite:///{searched / 'mlflow.db'}")
    assert len(client.search_model_versions("name='mnist-cnn'")) == 1


@pytest.mark.slow
def test_a_larger_budget_goes_on_with_the_same_study(searched: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(searched, tmp_path / "copy")  # the others count the trials
    more = ("--set", f"budget.trials={TRIALS + 1}")
    run(folder, *more)
    assert len(study_of(folder).trials) == TRIALS + 1
    assert sorted(children_of(folder)) == list(range(TRIALS + 1))


def test_a_changed_space_is_refused_with_the_difference(
    searched: Path, in_process: Command
) -> None:
    changed = ("--set", "space.dropout.high=0.9")
    overrides = [word for key, value in SMALL.items() for word in ("--set", f"{key}={value}")]
    refused = in_process(searched, "run", EXPERIMENTS / "cnn.yaml", *overrides, *changed, code=2)
    assert "error[study-changed]" in refused.stderr
    assert "0.9" in refused.stderr and "--fresh" in refused.stderr
