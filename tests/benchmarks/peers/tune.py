"""Ray Tune with OptunaSearch and MLflowLoggerCallback, at its defaults or at its fastest.

`--reuse` is its fastest: warm actors, as many trials as slots, no loggers but MLflow's.
"""

import argparse
import json
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.benchmarks.peers.ray_session import start_ray  # before Ray itself: see there

import ray  # isort: skip
from ray import tune
from ray.air.integrations.mlflow import MLflowLoggerCallback
from ray.tune.search.optuna import OptunaSearch

from tests.benchmarks.marks import mark
from tests.benchmarks.peers.proposing import find, make_sampler, suggest
from tests.benchmarks.peers.session import Save, Session


def report(step: int, metrics: Mapping[str, float], save: Save | None) -> None:
    """Report as Tune's guides do, with a checkpoint where the workload has one to give."""
    if save is None:
        tune.report({**metrics, "step": step})
        return
    with TemporaryDirectory() as folder:
        save(Path(folder))
        tune.report({**metrics, "step": step}, checkpoint=tune.Checkpoint.from_directory(folder))


def search(
    experiment: dict[str, Any], train: Any, *, reuse: bool, scheduler: Any = None, **budget: Any
) -> None:
    """Search with `train(config)`; `budget` goes to TuneConfig as it is."""
    if reuse:
        os.environ["TUNE_DISABLE_AUTO_CALLBACK_LOGGERS"] = "1"
    slots, goal = experiment["resources"]["parallel_trials"], experiment["objective"]
    mode = "max" if goal["direction"] == "maximize" else "min"
    propose = partial(_propose, experiment["space"], experiment["params"])
    start_ray(slots)
    sampler = make_sampler(experiment["sampler"]["type"], experiment["seed"])
    tuner = tune.Tuner(
        tune.with_resources(train, {"cpu": 1}),
        tune_config=tune.TuneConfig(
            search_alg=OptunaSearch(propose, metric=goal["metric"], mode=mode, sampler=sampler),
            scheduler=scheduler,
            reuse_actors=reuse,
            max_concurrent_trials=slots if reuse else None,
            **{"num_samples": experiment["budget"]["trials"], **budget},
        ),
        run_config=tune.RunConfig(
            storage_path=str(Path.cwd()),
            verbose=0,
            callbacks=[MLflowLoggerCallback("sqlite:///mlflow.db", experiment_name="benchmark")],
        ),
    )
    results = tuner.fit()
    mark("recorded")
    ray.shutdown()
    if results.errors:  # Tune itself goes on without a word
        raise results.errors[0]


def _propose(space: dict[str, Any], fixed: dict[str, Any], trial: Any) -> dict[str, Any]:
    """Say what to try: Tune pickles this, so it stands here and not inside of `search`."""
    suggest(trial, space)
    return dict(fixed)


def main() -> None:
    """Run an experiment over one of the workloads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("experiment", type=Path)
    parser.add_argument("--reuse", action="store_true", help="Tune at its fastest")
    given = parser.parse_args()
    experiment = json.loads(given.experiment.read_text())
    work = find(experiment["trainable"])

    def train(config: dict[str, Any]) -> None:
        work(config, Session(report))

    search(experiment, train, reuse=given.reuse)


if __name__ == "__main__":
    main()
