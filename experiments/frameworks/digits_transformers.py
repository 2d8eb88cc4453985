"""Handwritten digits by a tiny vision transformer, with `hpsearch.callbacks.transformers`."""

from dataclasses import dataclass
from typing import Any

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from transformers import (
    EvalPrediction,
    Trainer,
    TrainingArguments,
    ViTConfig,
    ViTForImageClassification,
    set_seed,
)

from hpsearch import Trial
from hpsearch.callbacks.transformers import Report, settings


@dataclass(frozen=True)
class Params:
    """Hyperparameters of transformer and optimizer."""

    learning_rate: float
    layers: int
    epochs: int = 4


def train(params: Params, trial: Trial) -> None:
    """Report the accuracy on 450 images after each epoch."""
    data = train_test_split(*load_digits(return_X_y=True), test_size=450, random_state=0)
    images, held_out, labels, truth = data
    set_seed(trial.seed)
    report = Report(trial)
    arguments = TrainingArguments(
        learning_rate=params.learning_rate,
        num_train_epochs=params.epochs,
        per_device_train_batch_size=128,
        per_device_eval_batch_size=450,
        eval_strategy="epoch",
        **settings(trial),
    )
    trainer = Trainer(
        build_model(params),
        arguments,
        train_dataset=examples(images, labels),
        eval_dataset=examples(held_out, truth),
        compute_metrics=accuracy,
        callbacks=[report],
    )
    trainer.train(resume_from_checkpoint=report.checkpoint)


def build_model(params: Params) -> Any:
    """Return a vision transformer of patches of 2 × 2 pixels."""
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_attention_heads": 2}
    return ViTForImageClassification(
        ViTConfig(
            image_size=8,
            patch_size=2,
            num_channels=1,
            num_labels=10,
            num_hidden_layers=params.layers,
            **sizes,
        )
    )


def examples(images: Any, labels: Any) -> list[dict[str, Any]]:
    """Return images (number, 64) and their labels as the Trainer takes them."""
    pixels = torch.tensor(images / 16, dtype=torch.float32).reshape(-1, 1, 8, 8)
    return [
        {"pixel_values": one, "labels": int(label)}
        for one, label in zip(pixels, labels, strict=True)
    ]


def accuracy(found: EvalPrediction) -> dict[str, float]:
    """Return the share of images whose best class is right."""
    return {"accuracy": float((found.predictions.argmax(1) == found.label_ids).mean())}
