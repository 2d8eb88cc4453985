"""Tasks without curves: exact grids of final losses, one step a trial, of one second each.

python -m tests.benchmarks.quality.grids     # measures the grids again, in about ten minutes
"""

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_diabetes, load_digits
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from tests.benchmarks.quality.task import Curve

FOLDER = Path(__file__).with_name("tables") / "grids"

MACHINE = {
    "kernel": {"type": "categorical", "choices": ["rbf", "poly", "sigmoid"]},
    "degree": {"type": "int", "low": 2, "high": 4, "when": {"kernel": "poly"}},
    "log2_c": {"type": "int", "low": -5, "high": 10},
    "log2_gamma": {"type": "int", "low": -15, "high": 2},
}
TREES = {
    "log2_rate": {"type": "int", "low": -8, "high": 0},
    "depth": {"type": "int", "low": 1, "high": 6},
    "log2_trees": {"type": "int", "low": 1, "high": 7},
    "fifths_sampled": {"type": "int", "low": 1, "high": 5},
}


class Grid:
    """See `task.Task`."""

    steps = 1
    stride = 1

    def __init__(self, name: str) -> None:
        self.name = name
        found = json.loads((FOLDER / f"{name}.json").read_text())
        self.space: Mapping[str, Any] = found["space"]
        self._losses: Mapping[str, float] = found["losses"]

    def curve(self, params: Mapping[str, Any]) -> Curve:
        """Return the loss of a configuration, of shape (1,)."""
        searched = {name: value for name, value in params.items() if name in self.space}
        return np.array([self._losses[key_of(searched)]])

    def step_seconds(self, params: Mapping[str, Any]) -> float:
        """Return one second."""
        return 1.0


def key_of(params: Mapping[str, Any]) -> str:
    """Return what a configuration is found by."""
    return " ".join(f"{name}={params[name]}" for name in sorted(params))


def configurations(space: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give every configuration of a space of integers and choices."""
    values = [one.get("choices") or range(one["low"], one["high"] + 1) for one in space.values()]
    seen = set()
    for combined in product(*values):
        params = dict(zip(space, combined, strict=True))
        for name, one in space.items():
            if any(params.get(other) != wanted for other, wanted in one.get("when", {}).items()):
                del params[name]
        if key_of(params) not in seen:
            seen.add(key_of(params))
            yield params


def grid_machine_on_digits(params: Mapping[str, Any]) -> float:
    """Return the share of 600 digits that a support vector machine takes for others (3 folds)."""
    inputs, targets = load_digits(return_X_y=True)
    machine = SVC(
        C=2.0 ** params["log2_c"],
        gamma=2.0 ** params["log2_gamma"],
        kernel=params["kernel"],
        degree=params.get("degree", 3),
        max_iter=20_000,
    )
    model = make_pipeline(StandardScaler(), machine)
    return float(1 - cross_val_score(model, inputs[:600], targets[:600], cv=3).mean())


def grid_trees_on_diabetes(params: Mapping[str, Any]) -> float:
    """Return the squared error of boosted trees, relative to the targets' variance (3 folds)."""
    inputs, targets = load_diabetes(return_X_y=True)
    model = GradientBoostingRegressor(
        learning_rate=2.0 ** params["log2_rate"],
        max_depth=params["depth"],
        n_estimators=2 ** params["log2_trees"],
        subsample=params["fifths_sampled"] / 5,
        random_state=0,
    )
    return float(1 - cross_val_score(model, inputs, targets, cv=3).mean())


GRIDS: Mapping[str, tuple[Mapping[str, Any], Callable[[Mapping[str, Any]], float]]] = {
    "grid_machine_on_digits": (MACHINE, grid_machine_on_digits),
    "grid_trees_on_diabetes": (TREES, grid_trees_on_diabetes),
}


def measure(name: str) -> None:
    """Measure a grid, and write it."""
    space, loss = GRIDS[name]
    losses = {key_of(params): round(loss(params), 5) for params in configurations(space)}
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.json").write_text(json.dumps({"space": space, "losses": losses}))


if __name__ == "__main__":
    for one in GRIDS:
        measure(one)
