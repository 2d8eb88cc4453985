"""Publishing the best model, with the driver killed or MLflow gone: the next run does it, once."""

from pathlib import Path

import pytest
from mlflow import MlflowClient

from tests.faults.harness import Bench, compare
from tests.faults.test_mlflow_away import Server

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(1600),
    pytest.mark.filterwarnings("ignore"),  # MLflow in this process warns of its own libraries
]

MODEL = """\
import time
from pathlib import Path

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


GATE = """\
while not Path(__file__).with_name("gate").exists():
        time.sleep(0.05)"""


def test_a_model_that_mlflow_cannot_take_is_told_and_registered_by_the_next_run(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path / "work", register=True)
    server = Server(bench.folder)
    server.start()
    try:
        bench.write(
            MODEL.replace("time.sleep(1)", GATE), params={}, budget={"trials": 3},
            tracking={"uri": server.uri},
        )  # fmt: skip
        with bench.driving() as driver:
            driver.wait_for(r"trial \d+ started", seconds=120)
            server.stop()
            (bench.folder / "gate").touch()
            driver.wait_for("the best model is not registered", seconds=250)  # then it is killed
        server.start()
        bench.run(seconds=150)
        assert MlflowClient(server.uri).get_model_version_by_alias("faulty", "champion")
    finally:
        server.stop()
    assert compare(bench).is_clean, compare(bench)
