"""Measures the learning curves of `tables/`: small networks and boosted trees on sklearn's data.

    python -m tests.benchmarks.quality.make_tables [NAME …]

Each table has several hundred configurations, drawn at random from a space with categorical and
conditional parameters, the validation loss after each step, and the seconds of a step (one thread).
It takes about ten minutes a table.
"""

import json
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, make_friedman1
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler

from tests.benchmarks.quality.tables import FOLDER
from tests.benchmarks.quality.task import draw

STEPS = 27
CONFIGURATIONS = 400
WORST = 10.0
"""A loss is cut here: one that diverged says no more than that."""

NETWORK = {
    "solver": {"type": "categorical", "choices": ["adam", "sgd"]},
    "learning_rate": {"type": "float", "low": 1e-4, "high": 0.3, "log": True},
    "momentum": {"type": "float", "low": 0.5, "high": 0.99, "when": {"solver": "sgd"}},
    "activation": {"type": "categorical", "choices": ["relu", "tanh", "logistic"]},
    "units": {"type": "int", "low": 4, "high": 128, "log": True},
    "layers": {"type": "int", "low": 1, "high": 3},
    "batch_size": {"type": "int", "low": 16, "high": 256, "log": True},
    "alpha": {"type": "float", "low": 1e-6, "high": 1.0, "log": True},
}
TREES = {
    "learning_rate": {"type": "float", "low": 0.005, "high": 1.0, "log": True},
    "leaves": {"type": "int", "low": 2, "high": 64, "log": True},
    "samples_leaf": {"type": "int", "low": 1, "high": 100, "log": True},
    "l2": {"type": "float", "low": 1e-6, "high": 100.0, "log": True},
    "features": {"type": "float", "low": 0.05, "high": 1.0},
    "bins": {"type": "int", "low": 4, "high": 255, "log": True},
}
ROUNDS = 3
"""Boosting rounds in a step."""

Data = tuple[Any, Any, Any, Any]
"""Inputs for training and validation, and their targets."""


def _split(inputs: Any, targets: Any) -> Data:
    parts = train_test_split(inputs, targets, test_size=0.4, random_state=0)
    scaler = StandardScaler().fit(parts[0])
    return scaler.transform(parts[0]), scaler.transform(parts[1]), parts[2], parts[3]


def _network(params: Mapping[str, Any], kind: Callable[..., Any]) -> Any:
    extra = {"momentum": params["momentum"]} if params["solver"] == "sgd" else {}
    return kind(
        hidden_layer_sizes=(params["units"],) * params["layers"],
        activation=params["activation"],
        solver=params["solver"],
        learning_rate_init=params["learning_rate"],
        batch_size=params["batch_size"],
        alpha=params["alpha"],
        random_state=0,
        **extra,
    )


def network_on_digits(params: Mapping[str, Any], data: Data) -> Iterator[float]:
    """Give the log loss after each epoch of a network that classifies digits."""
    model = _network(params, MLPClassifier)
    classes = np.unique(data[2])
    for _ in range(STEPS):
        model.partial_fit(data[0], data[2], classes=classes)
        yield float(log_loss(data[3], model.predict_proba(data[1]), labels=classes))


def network_on_friedman(params: Mapping[str, Any], data: Data) -> Iterator[float]:
    """Give the squared error after each epoch of a network that fits Friedman's function."""
    model = _network(params, MLPRegressor)
    for _ in range(STEPS):
        model.partial_fit(data[0], data[2])
        yield float(mean_squared_error(data[3], model.predict(data[1])))


def _boosted(params: Mapping[str, Any], kind: Callable[..., Any]) -> Any:
    return kind(
        learning_rate=params["learning_rate"],
        max_leaf_nodes=params["leaves"],
        min_samples_leaf=params["samples_leaf"],
        l2_regularization=params["l2"],
        max_features=params["features"],
        max_bins=params["bins"],
        early_stopping=False,
        max_iter=ROUNDS * STEPS,
        random_state=0,
    )


def trees_on_cancer(params: Mapping[str, Any], data: Data) -> Iterator[float]:
    """Give the log loss after each step of boosted trees that classify tumours."""
    model = _boosted(params, HistGradientBoostingClassifier).fit(data[0], data[2])
    for predicted in islice(model.staged_predict_proba(data[1]), ROUNDS - 1, None, ROUNDS):
        yield float(log_loss(data[3], predicted))


def trees_on_diabetes(params: Mapping[str, Any], data: Data) -> Iterator[float]:
    """Give the squared error after each step of boosted trees, relative to the targets'."""
    model = _boosted(params, HistGradientBoostingRegressor).fit(data[0], data[2])
    for predicted in islice(model.staged_predict(data[1]), ROUNDS - 1, None, ROUNDS):
        yield float(mean_squared_error(data[3], predicted))


def _standardized(data: tuple[Any, Any]) -> tuple[Any, Any]:
    inputs, targets = data
    return inputs, (targets - targets.mean()) / targets.std()


TABLES: Mapping[
    str, tuple[Mapping[str, Any], Callable[..., Iterator[float]], Callable[[], Data]]
] = {
    "network_on_digits": (
        NETWORK,
        network_on_digits,
        lambda: _split(*load_digits(return_X_y=True)),
    ),
    "network_on_friedman": (
        NETWORK,
        network_on_friedman,
        lambda: _split(*_standardized(make_friedman1(1500, noise=0.5, random_state=0))),
    ),
    "trees_on_cancer": (
        TREES,
        trees_on_cancer,
        lambda: _split(*load_breast_cancer(return_X_y=True)),
    ),
    "trees_on_diabetes": (
        TREES,
        trees_on_diabetes,
        lambda: _split(*_standardized(load_diabetes(return_X_y=True))),
    ),
}


def measure(name: str) -> None:
    """Measure a table and write it."""
    space, train, load = TABLES[name]
    data, random = load(), np.random.default_rng(1)
    rows: list[dict[str, Any]] = []
    curves, seconds = [], []
    while len(rows) < CONFIGURATIONS:
        params = draw(space, random)
        begun, curve = time.process_time(), np.full(STEPS, WORST)
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                for step, loss in enumerate(train(params, data)):
                    curve[step] = min(loss, WORST) if np.isfinite(loss) else WORST
        except ValueError as error:
            if "NaN" not in str(error) and "finite" not in str(error):  # it did not diverge
                raise
        rows.append(params)
        curves.append(curve)
        seconds.append((time.process_time() - begun) / STEPS)
    np.savez_compressed(
        FOLDER / f"{name}.npz",
        curves=np.array(curves, np.float32),
        seconds=np.array(seconds, np.float32),
        params=json.dumps(rows),
        space=json.dumps(space),
    )


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for chosen in sys.argv[1:] or TABLES:
        measure(chosen)
        print(chosen, flush=True)  # noqa: T201
