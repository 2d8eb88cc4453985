"""Tasks from measured learning curves, with trees fitted to them, so that none is searched through.

The trees predict the logarithms of a curve's losses and of a step's seconds; a configuration always
gets the same ones. `make_tables.py` and `make_cnn_table.py` measure the tables.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor

from tests.benchmarks.quality.task import Curve

FOLDER = Path(__file__).with_name("tables")


class Measured:
    """See `task.Task`."""

    def __init__(self, name: str) -> None:
        self.name = name
        with np.load(FOLDER / f"{name}.npz") as table:
            self.space: dict[str, Any] = json.loads(str(table["space"]))
            rows = [self._encoded(params) for params in json.loads(str(table["params"]))]
            curves, seconds = np.log(table["curves"]), np.log(table["seconds"])
            self.stride = int(table["stride"]) if "stride" in table else 1
        self.steps = curves.shape[1]
        forest = ExtraTreesRegressor(n_estimators=30, random_state=0, bootstrap=False)
        forest.fit(np.array(rows), np.c_[curves, seconds])
        # tree by tree: the forest's own `predict` takes ten times as long for a single row
        self._trees = [tree.tree_ for tree in forest.estimators_]
        self._predicted = cache(self._predict)

    def curve(self, params: Mapping[str, Any]) -> Curve:
        """Return the losses of a configuration."""
        return np.exp(self._predicted(self._encoded(params))[:-1])

    def step_seconds(self, params: Mapping[str, Any]) -> float:
        """Return the seconds of a step."""
        return float(np.exp(self._predicted(self._encoded(params))[-1]))

    def _predict(self, row: tuple[float, ...]) -> Curve:
        asked = np.array([row], np.float32)
        return np.asarray(np.mean([tree.predict(asked).ravel() for tree in self._trees], axis=0))

    def _encoded(self, params: Mapping[str, Any]) -> tuple[float, ...]:
        found: list[float] = []
        for name, one in self.space.items():
            value = params.get(name)
            if one["type"] == "categorical":
                found += [float(value == choice) for choice in one["choices"]]
            elif value is None:
                found.append(-99.0)
            else:
                found.append(float(np.log(value)) if one.get("log") else float(value))
        return tuple(found)
