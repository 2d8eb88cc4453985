"""Handwritten digits by a small network of Keras on torch, with `hpsearch.callbacks.keras`."""

import os
from dataclasses import dataclass

os.environ["KERAS_BACKEND"] = "torch"  # before Keras is imported

import keras
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from hpsearch import Trial
from hpsearch.callbacks.keras import Report


@dataclass(frozen=True)
class Params:
    """Hyperparameters of network and optimizer."""

    learning_rate: float
    width: int
    dropout: float = 0.2
    epochs: int = 4


def train(params: Params, trial: Trial) -> None:
    """Report the accuracy on 450 images after each epoch."""
    digits = load_digits(return_X_y=True)
    images, held_out, labels, truth = train_test_split(*digits, test_size=450, random_state=0)
    keras.utils.set_random_seed(trial.seed)
    report = Report(trial)
    model = keras.Sequential(
        [
            keras.layers.Rescaling(1 / 16),
            keras.layers.Dense(params.width, "relu"),
            keras.layers.Dropout(params.dropout),
            keras.layers.Dense(10),
        ]
    )
    model.compile(
        keras.optimizers.Adam(params.learning_rate),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.fit(
        images,
        labels,
        batch_size=128,
        epochs=params.epochs,
        initial_epoch=report.done,
        validation_data=(held_out, truth),
        callbacks=[report],
        verbose=0,
    )
