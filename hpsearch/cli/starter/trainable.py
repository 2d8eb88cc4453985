"""A trainable: the function that hpsearch calls for each trial, with that trial's hyperparameters.

It trains a network with one hidden layer on scikit-learn's 1,797 handwritten digits, in plain
NumPy, so that nothing here is magic. Put your own training loop in its place, in any framework:
all that hpsearch needs is the call of `trial.report`.
"""

from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from hpsearch import Trial

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Params:
    """The hyperparameters; `hpsearch validate` compares them with the experiment's YAML."""

    learning_rate: float
    hidden_units: int
    batch_size: int
    optimizer: Literal["sgd", "momentum"] = "sgd"
    momentum: float = 0.0  # searched only if the optimizer is "momentum"
    epochs: int = 30


def train(params: Params, trial: Trial) -> None:
    """Train one network; report after every epoch how good it is on data it did not learn from."""
    data = load_data()
    random = np.random.default_rng(trial.seed)  # the same seed, the same trial
    weights = new_weights(params, random)
    if trial.checkpoint is not None:  # it was interrupted: resume
        weights = dict(np.load(trial.checkpoint / "weights.npz"))

    for epoch in range(max(1, trial.start_step), params.epochs + 1):
        for batch in batches(len(data.train_images), params.batch_size, random):
            update(weights, data.train_images[batch], data.train_labels[batch], params)

        # Here hpsearch may end the trial, because others did better at this step: `report` raises.
        trial.report(epoch, measure(weights, data), checkpoint=partial(save, weights))


def save(weights: dict[str, Any], folder: Path) -> None:
    """Write what is needed to resume from here; called only if hpsearch wants it."""
    np.savez(folder / "weights.npz", **weights)


# ---- the model: nothing below knows of hpsearch ------------------------------------------------


@dataclass(frozen=True)
class Data:
    """Images as rows of 64 brightnesses from 0 to 1; labels from 0 to 9."""

    train_images: Array
    train_labels: NDArray[np.int64]
    held_images: Array
    held_labels: NDArray[np.int64]


@cache  # a worker runs one trial after another: it reads the data once
def load_data() -> Data:
    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(images))  # the same split for every trial
    images, labels = images[order] / 16, labels[order]
    return Data(images[:1300], labels[:1300], images[1300:], labels[1300:])


def new_weights(params: Params, random: np.random.Generator) -> dict[str, Array]:
    """Return small random weights, and the velocity that momentum needs."""
    first = random.normal(0, 0.1, (64, params.hidden_units))
    second = random.normal(0, 0.1, (params.hidden_units, 10))
    return {
        "first": first,
        "second": second,
        "first_velocity": np.zeros_like(first),
        "second_velocity": np.zeros_like(second),
    }


def batches(count: int, size: int, random: np.random.Generator) -> list[NDArray[np.int64]]:
    """Return the indices of all examples in random order, in batches."""
    return np.array_split(random.permutation(count), count // size)


def predict(weights: dict[str, Array], images: Array) -> tuple[Array, Array]:
    """Return the hidden layer and the probability of each digit."""
    hidden = np.maximum(images @ weights["first"], 0)  # (batch, hidden_units)
    scores = hidden @ weights["second"]  # (batch, 10)
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return hidden, powers / powers.sum(axis=1, keepdims=True)


def update(
    weights: dict[str, Array], images: Array, labels: NDArray[np.int64], params: Params
) -> None:
    """Take one step of gradient descent on the cross-entropy."""
    hidden, probabilities = predict(weights, images)
    error = (probabilities - np.eye(10)[labels]) / len(images)  # (batch, 10)
    gradients = {
        "first": images.T @ ((error @ weights["second"].T) * (hidden > 0)),
        "second": hidden.T @ error,
    }
    for name, gradient in gradients.items():
        velocity = params.momentum * weights[f"{name}_velocity"] - params.learning_rate * gradient
        weights[f"{name}_velocity"] = velocity
        weights[name] = weights[name] + velocity


def measure(weights: dict[str, Array], data: Data) -> dict[str, float]:
    """Return the metrics that hpsearch compares and MLflow shows."""
    _, probabilities = predict(weights, data.held_images)
    right = probabilities.argmax(axis=1) == data.held_labels
    chosen = probabilities[np.arange(len(right)), data.held_labels]
    return {
        "val_accuracy": float(right.mean()),
        "val_loss": float(-np.log(np.maximum(chosen, 1e-12)).mean()),
    }
