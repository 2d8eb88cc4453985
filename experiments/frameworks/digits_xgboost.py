"""Handwritten digits by boosted trees of XGBoost, with `hpsearch.callbacks.xgboost`."""

from dataclasses import dataclass

import xgboost as xgb
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from hpsearch import Trial
from hpsearch.callbacks.xgboost import Report, settings


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
    options = {"objective": "multi:softprob", "num_class": 10, "max_depth": params.depth}
    report = Report(trial)
    xgb.train(
        options | {"learning_rate": params.learning_rate} | settings(trial),
        xgb.DMatrix(images, labels),
        num_boost_round=report.left(params.rounds),
        evals=[(xgb.DMatrix(held_out, truth), "validation")],
        xgb_model=report.checkpoint,
        callbacks=[report],
        verbose_eval=False,
    )
