"""Ray Tune with OptunaSearch and ASHA over the CNN: as its tutorials write it, or with our loop.

`--loop tutorial` trains as PyTorch's tutorial for Ray Tune does: a DataLoader, a checkpoint with
every report. `--loop same` trains by the very code of experiments/cnn.py, so that what differs is
the engine alone. Reports come as often as hpsearch's.
"""

import argparse
import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.benchmarks.peers.tune import report, search  # isort: skip
import torch
from ray import tune
from ray.tune.schedulers import ASHAScheduler

from tests.benchmarks.marks import mark
from tests.benchmarks.peers import tutorial
from tests.benchmarks.peers.session import Session


def train_tutorial(config: dict[str, Any]) -> None:
    """Train as the tutorial does."""
    from cnn import CnnParams

    torch.set_num_threads(1)
    config = asdict(CnnParams(**config))
    training, validation = tutorial.loaders(config["batch_size"])
    model = tutorial.build_model(config)
    losses = tutorial.losses(model, training, config, torch.device("cpu"))
    for step, _ in enumerate(losses, start=1):
        if step % config["report_every_steps"] == 0:
            found = tutorial.accuracy(model, validation)
            mark("accuracy", found)
            with tempfile.TemporaryDirectory() as folder:
                torch.save(model.state_dict(), Path(folder) / "model.pt")
                checkpoint = tune.Checkpoint.from_directory(folder)
                tune.report({"val_accuracy": found, "step": step}, checkpoint=checkpoint)
        if step == config["steps"]:
            return


def train_same(config: dict[str, Any]) -> None:
    """Train by the code of experiments/cnn.py."""
    from tests.benchmarks.cnn_work import train

    session: Any = Session(report)
    train(config, session)


def main() -> None:
    """Search for some minutes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("experiment", type=Path)
    parser.add_argument("--loop", choices=["tutorial", "same"], default="tutorial")
    given = parser.parse_args()
    experiment = json.loads(given.experiment.read_text())
    params, goal = experiment["params"], experiment["objective"]
    asha = ASHAScheduler(
        metric=goal["metric"],
        mode="max",
        max_t=params["steps"] // params["report_every_steps"],
        grace_period=1,
        reduction_factor=2,
    )
    search(
        experiment,
        train_tutorial if given.loop == "tutorial" else train_same,
        reuse=True,
        scheduler=asha,
        num_samples=-1,
        time_budget_s=experiment["budget"]["minutes"] * 60,
    )


if __name__ == "__main__":
    main()
