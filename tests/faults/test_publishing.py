"""Publishing the best model, with the driver killed or MLflow gone: the next run does it, once."""

import random
import time
from pathlib import Path

import pytest
from mlflow import MlflowClient

from tests.faults.harness import Bench, compare
from tests.faults.test_mlflow_away import Server

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(400),
    pytest.mark.filterwarnings("ignore"),  # MLflow in this process warns of its own libraries
]

MODEL = """\
import time

import safetensors.torch
import torch


def build_model(params):
    return torch.nn.Linear(3, 1)


def example_input():
    return torch.zeros(2, 3)


def train(params, trial):
    torch.manual_seed(trial.seed)
    model = build_model(params)
    time.sleep(1)
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


def test_a_model_that_mlflow_cannot_take_is_told_and_registered_by_the_next_run(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path / "work", register=True)
    server = Server(bench.folder)
    server.start()
    try:
        bench.write(MODEL, params={}, budget={"trials": 3}, tracking={"uri": server.uri})
        with bench.driving() as driver:
            driver.wait_for(r"trial \d+ started", seconds=120)
            server.stop()
            assert driver.wait(250) == 0, driver.said()
            assert "the best model is not registered" in driver.said()
        server.start()
        bench.run(seconds=150)
        assert MlflowClient(server.uri).get_model_version_by_alias("faulty", "champion")
    finally:
        server.stop()
    assert compare(bench).is_clean, compare(bench)
