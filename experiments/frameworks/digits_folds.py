"""Handwritten digits by a forest, cross-validated with `hpsearch.callbacks.sklearn`."""

from collections.abc import Mapping
from dataclasses import dataclass

from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier

from hpsearch import Trial
from hpsearch.callbacks.sklearn import cross_validate


@dataclass(frozen=True)
class Params:
    """Hyperparameters of the forest."""

    trees: int
    depth: int
    folds: int = 5


def train(params: Params, trial: Trial) -> Mapping[str, float]:
    """Return the mean accuracy over the folds."""
    forest = RandomForestClassifier(
        params.trees, max_depth=params.depth, random_state=trial.seed, n_jobs=trial.threads
    )
    images, labels = load_digits(return_X_y=True)
    return cross_validate(
        trial, forest, images, labels, cv=params.folds, scoring={"accuracy": "accuracy"}
    )
