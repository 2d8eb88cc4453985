"""Measures the learning curves of `tables/cnn_on_mnist.npz`: the search of experiments/cnn.yaml.

    python -m tests.benchmarks.quality.make_cnn_table [CONFIGURATIONS]

A configuration is drawn at random from the experiment's space and trained to its end on one thread;
its losses are the shares of validation images that it takes for another digit. 110 configurations
take 22 minutes on two cores.
"""

import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from hpsearch.experiment import read_experiment
from tests.benchmarks.quality.tables import FOLDER
from tests.benchmarks.quality.task import draw
from tests.benchmarks.sides import ROOT
from tests.experiments.stub_trial import StubTrial

EXPERIMENT = ROOT / "experiments" / "cnn.yaml"
CONFIGURATIONS = 110
PROCESSES = 2
LEAST = 1e-4
"""An error is cut here: its logarithm is taken."""


def train(case: tuple[int, dict[str, Any]]) -> tuple[list[float], float]:
    """Return the errors of a configuration after each report, and the seconds between two."""
    sys.path.append(str(EXPERIMENT.parent))
    import cnn

    seed, params = case
    with TemporaryDirectory() as folder:
        trial: Any = StubTrial(Path(folder), seed=seed)
        begun = time.process_time()
        cnn.train(cnn.CnnParams(**params), trial)
        seconds = time.process_time() - begun
    errors = [max(1 - metrics["val_accuracy"], LEAST) for metrics in trial.reports.values()]
    return errors, seconds / len(errors)


def main() -> None:
    """Measure the table and write it."""
    experiment = read_experiment(EXPERIMENT).model_dump(mode="json", exclude_unset=True)
    amount = int(sys.argv[1]) if len(sys.argv) > 1 else CONFIGURATIONS
    random = np.random.default_rng(1)
    rows = [draw(experiment["space"], random) for _ in range(amount)]
    cases = [(seed, experiment["params"] | params) for seed, params in enumerate(rows)]
    curves, seconds = [], []
    with ProcessPoolExecutor(PROCESSES) as pool:
        for errors, taken in pool.map(train, cases):
            curves.append(errors)
            seconds.append(taken)
            print(f"{len(curves)} of {amount}: {errors[-1]:.2%}", flush=True)  # noqa: T201
            np.savez_compressed(
                FOLDER / "cnn_on_mnist.npz",
                curves=np.array(curves, np.float32),
                seconds=np.array(seconds, np.float32),
                params=json.dumps(rows[: len(curves)]),
                space=json.dumps(experiment["space"]),
                stride=experiment["params"]["report_every_steps"],
            )


if __name__ == "__main__":
    main()
