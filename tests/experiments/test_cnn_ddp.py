"""The CNN by DistributedDataParallel: searched by hpsearch with two workers a trial, on gloo."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.experiment import read_experiment
from hpsearch.store.folder import FolderStudy
from hpsearch.strategies import read_study
from tests.experiments.conftest import EXPERIMENTS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]

SMALL = {
    "params.steps": 40,
    "params.report_every_steps": 10,
    "params.batch_size": 20,
    "space.filters_1.low": 2,
    "space.filters_1.high": 4,
    "space.filters_2.low": 4,
    "space.filters_2.high": 8,
    "space.dense_units.low": 8,
    "space.dense_units.high": 16,
    "sampler.type": "random",
    "budget.trials": 4,
    "budget.minutes": "null",
    "resources.cpus_per_trial": 0.5,
    "resources.gpus_per_trial": 0,
    "resources.parallel_trials": 1,
    "checkpoints.every_seconds": 0,
}
ASHA = {"pruner.type": "asha", "pruner.min_resource": 10, "pruner.reduction_factor": 2}


def searched(folder: Path, settings: dict[str, object]) -> list[TrialRecord]:
    folder.mkdir()
    command = [sys.executable, "-m", "hpsearch", "run", str(EXPERIMENTS / "cnn_ddp.yaml")]
    command += ["--no-register", "--studies", str(folder / "studies")]
    for name, value in settings.items():
        command += ["--set", f"{name}={value}"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW_")}
    with (folder / "said.txt").open("wb") as said:
        ended = subprocess.run(
            command, cwd=folder, env=environment, stdout=said, stderr=said, check=False
        )
    assert ended.returncode == 0, (folder / "said.txt").read_text()
    study = FolderStudy(folder / "studies" / "mnist-cnn-ddp")
    return read_study(study, read_experiment(study.layout.experiment))


def curve(record: TrialRecord) -> list[tuple[int, float, float]]:
    return [
        (m.step, m.metrics["val_loss"], m.metrics["train_loss"])
        for m in record.measurements
        if "val_loss" in m.metrics
    ]


def test_two_workers_that_are_paused_and_promoted_train_as_unbroken_ones(tmp_path: Path) -> None:
    whole = searched(tmp_path / "whole", {**SMALL, "pruner.type": "none"})
    assert [record.state for record in whole] == [TrialState.COMPLETE] * 4
    stopped = searched(tmp_path / "stopped", {**SMALL, **ASHA})
    assert {TrialState.COMPLETE, TrialState.PRUNED} == {record.state for record in stopped}
    assert any(record.attempt > 1 for record in stopped)
    for record, unbroken in zip(stopped, whole, strict=True):
        assert record.params == unbroken.params
        assert curve(record) == curve(unbroken)[: len(record.measurements)]
