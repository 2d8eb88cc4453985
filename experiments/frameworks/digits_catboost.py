"""Handwritten digits by boosted trees of CatBoost, with `hpsearch.callbacks.catboost`."""

from dataclasses import dataclass

from catboost import CatBoostClassifier
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from hpsearch import Trial
from hpsearch.callbacks.catboost import fit, settings


@dataclass(frozen=True)
class Params:
    """Hyperparameters of the booster."""

    learning_rate: float
    depth: int
    rounds: int = 12


def train(params: Params, trial: Trial) -> None:
    """Report the loss on 450 images after each round."""
    digits = load_digits(return_X_y=True)
    images, held_out, labels, truth = train_test_split(*digits, test_size=450, random_state=0)
    model = CatBoostClassifier(
        iterations=params.rounds,
        learning_rate=params.learning_rate,
        depth=params.depth,
        verbose=False,
        **settings(trial),
    )
    fit(trial, model, images, labels, eval_set=(held_out, truth))
