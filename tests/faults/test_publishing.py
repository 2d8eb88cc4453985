"""A driver killed while it publishes the best model: the next run publishes it, once."""

import random
import time
from pathlib import Path

import pytest
from mlflow import MlflowClient

from tests.faults.harness import Bench, compare

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(400),
    pytest.mark.filterwarnings("ignore"),  # MLflow in this process warns of its own libraries
]

MODEL = """\
import safetensors.torch
import torch


def build_model(params):
    return torch.nn.Linear(3, 1)


def example_input():
    return torch.zeros(2, 3)


def train(params, trial):
    torch.manual_seed(trial.seed)
    model = build_model(params)
    weights = model.state_dict()
    save = lambda folder: safetensors.torch.save_file(weights, folder / "model.safetensors")
    trial.report(1, {"value": params["x"]}, checkpoint=save)
"""


def test_a_driver_killed_while_it_publishes_makes_one_champion_in_the_end(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "work", register=True)
    bench.write(MODEL, params={}, budget={"trials": 2})
    chance = random.Random(5)
    for _ in range(4):
        with bench.driving() as driver:
            driver.wait_for("registering the model", seconds=120)
            time.sleep(chance.uniform(0.1, 5.0))  # then it is killed, on leaving
    bench.run(seconds=150)
    bench.wait_until_nothing_is_left()
    uri = f"sqlite:///{bench.folder / 'mlflow.db'}"
    client = MlflowClient(uri)
    (version,) = client.search_model_versions("name='faulty'")
    assert client.get_model_version_by_alias("faulty", "champion").version == version.version
    best = max(bench.records(), key=lambda record: record.values)
    assert client.get_run(version.run_id).data.tags["hpsearch.trial"] == str(best.number)
    assert compare(bench).is_clean, compare(bench)
