"""Handwritten digits by boosted trees of LightGBM, with `hpsearch.callbacks.lightgbm`."""

from dataclasses import dataclass

import lightgbm as lgb
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from hpsearch import Trial
from hpsearch.callbacks.lightgbm import Report, settings


@dataclass(frozen=True)
class Params:
    """Hyperparameters of the booster."""

    learning_rate: float
    leaves: int
    rounds: int = 12


def train(params: Params, trial: Trial) -> None:
    """Report the loss on 450 images after each round."""
    digits = load_digits(return_X_y=True)
    images, held_out, labels, truth = train_test_split(*digits, test_size=450, random_state=0)
    options = {"objective": "multiclass", "num_class": 10, "verbosity": -1}
    data = lgb.Dataset(images, labels)
    report = Report(trial)
    lgb.train(
        options
        | {"learning_rate": params.learning_rate, "num_leaves": params.leaves}
        | settings(trial),
        data,
        num_boost_round=report.left(params.rounds),
        valid_sets=[data.create_valid(held_out, truth)],
        valid_names=["validation"],
        init_model=report.checkpoint,
        callbacks=[report],
    )
