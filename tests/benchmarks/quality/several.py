"""Simulates searches with two objectives and prints the share of the hypervolume that they miss.

    python -m tests.benchmarks.quality.several --workers 4 --task hartmann --task mixed

The loss, and a cost that hyperparameters alone decide and that grows where the loss is low. Only
complete trials count. The hypervolume is a share of that of 1,500 configurations drawn at random,
between their best and the 80% quantile in each objective; the budget is that of 40 full trainings.
"""

import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from hpsearch.common.trial import TrialState
from tests.benchmarks.quality.cases import TRAININGS, Case, simulate_cases
from tests.benchmarks.quality.known import scaled_task
from tests.benchmarks.quality.report import Progress
from tests.benchmarks.quality.simulation import Side, simulate
from tests.benchmarks.quality.task import Task, draw

GOALS = {
    "objective": [
        {"metric": "loss", "direction": "minimize"},
        {"metric": "cost", "direction": "minimize"},
    ]
}
NONE, ASHA = {"type": "none"}, {"type": "asha", "min_resource": 1}
SIDES = {
    f"{sampler} + {pruner['type']}": Side({**GOALS, "sampler": {"type": sampler}, "pruner": pruner})
    for sampler in ("tpe", "random", "forest", "nsgaii")
    for pruner in (NONE, ASHA)
}

Points = np.ndarray[Any, np.dtype[np.float64]]
"""Losses and costs, of shape (points, 2)."""


def cost(task: Task, params: Mapping[str, Any]) -> float:
    """Return the cost of a configuration: of a formula's, a bowl of its own; else its seconds."""
    if "x0" in params:
        return float(sum((params[f"x{one}"] - 0.3) ** 2 for one in range(6)))
    if "rate" in params and "other" in params:
        return float(abs(np.log10(params["rate"]) + 1) + 0.3 * params["other"])
    return float(np.log(task.step_seconds(params)))


def missing(case: Case) -> Progress:
    """Return the share of the hypervolume that is missing after each complete trial."""
    name, side, workers, seed = case
    task, scale = scaled_task(name)
    measure = _measure(task)
    seconds = TRAININGS * scale.full_seconds / workers
    trace = simulate(
        task, SIDES[side], slots=workers, seconds=seconds, seed=seed,
        further=lambda params: {"cost": cost(task, params)},
    )  # fmt: skip
    ended = [(when, one) for when, one in trace.ended if one.state is TrialState.COMPLETE]
    values = np.array([one.values for _, one in ended])
    return [(when / seconds, 1 - measure(values[: n + 1])) for n, (when, _) in enumerate(ended)]


def _measure(task: Task) -> Callable[[Points], float]:
    random = np.random.default_rng(1)
    drawn = [draw(task.space, random) for _ in range(1500)]
    points = np.array([[task.curve(params)[-1], cost(task, params)] for params in drawn])
    low, high = points.min(0), np.quantile(points, 0.8, axis=0)
    whole = _volume(low, high, points)
    return lambda found: _volume(low, high, found) / whole


def _volume(low: Points, high: Points, points: Points) -> float:
    """Return the hypervolume of points in a box, from left to right."""
    found, lowest = 0.0, 1.0
    for one, other in sorted(map(tuple, (points.reshape(-1, 2) - low) / (high - low))):
        if one < 1 and other < lowest:
            found += (1 - one) * (lowest - other)
            lowest = other
    return float(found)


if __name__ == "__main__":
    simulate_cases(
        sys.argv[1:],
        missing,
        sides=SIDES,
        program="python -m tests.benchmarks.quality.several",
        about=__doc__,
    )
