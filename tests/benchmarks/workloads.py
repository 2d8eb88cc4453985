"""What trials do in the benchmarks of the engine, the same on every side.

Each takes its hyperparameters and something with `report(step, metrics)`: hpsearch's `Trial`, or
a peer's stand-in for it.
"""

import time
from collections.abc import Mapping
from typing import Any, Protocol

from tests.benchmarks.marks import mark, mark_once

SPACE = {
    "learning_rate": {"type": "float", "low": 1e-5, "high": 1e-1, "log": True},
    "dropout": {"type": "float", "low": 0.0, "high": 0.6},
    "units": {"type": "int", "low": 8, "high": 512},
    "optimizer": {"type": "categorical", "choices": ["sgd", "adam", "adamw"]},
}
"""Four hyperparameters of the usual kinds."""


class Reports(Protocol):
    """What a workload needs of a trial."""

    def report(self, step: int, metrics: Mapping[str, float]) -> None: ...


def noop(params: dict[str, Any], trial: Reports) -> None:
    """Report three times and do nothing else."""
    mark_once("begin")
    for step in (1, 2, 3):
        trial.report(step, {"value": params["dropout"] * step})


def sleeping(params: dict[str, Any], trial: Reports) -> None:
    """Sleep for `seconds` in all, with three reports, or as many as `reports` says."""
    mark("begin")
    reports = params.get("reports", 3)
    for step in range(1, reports + 1):
        time.sleep(params["seconds"] / reports)
        trial.report(step, {"value": params["dropout"] * step})
    mark("end")


def experiment(
    function: str, trials: int, *, sampler: str = "random", slots: int = 2, **sections: Any
) -> dict[str, Any]:
    """Return an experiment in hpsearch's form, which the peers read too. Nothing is pruned."""
    return {
        "name": "benchmark",
        "seed": 0,
        "trainable": f"tests.benchmarks.workloads:{function}",
        "objective": {"metric": "value", "direction": "maximize"},
        "params": {},
        "space": SPACE,
        "sampler": {"type": sampler},
        "pruner": {"type": "none"},
        "budget": {"trials": trials},
        "resources": {"parallel_trials": slots, "gpus_per_trial": 0},
        **sections,
    }
