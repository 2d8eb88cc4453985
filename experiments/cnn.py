"""The convolutional network of TensorFlow's layers tutorial on MNIST, in plain PyTorch.

With its defaults `train` is the tutorial's run, and what the tutorial fixes is a field of
`CnnParams`. Needs nothing of hpsearch but the type of `trial`. hpsearch finds the public functions
by their names. The training is in cnn_training.py and its step in cnn_step.py, captured on GPUs by
captured_step.py; what is measured in cnn_evaluation.py, the data in mnist.py.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import torch
from cnn_evaluation import judge, measure, predict
from cnn_training import Training
from mnist import (
    IMAGE_SIZE,
    TRAINING_IMAGES,
    VALIDATION_IMAGES,
    Digits,
    load_test,
    load_training,
)
from torch import Tensor, nn

if TYPE_CHECKING:
    from hpsearch import Trial

__all__ = [
    "CnnParams",
    "build_model",
    "describe_data",
    "evaluate",
    "example_input",
    "for_serving",
    "predict",
    "train",
    "train_final",
]


@dataclass(frozen=True)
class CnnParams:
    """Every hyperparameter. The defaults are the tutorial's."""

    filters_1: int = 32  # output channels of the first convolution
    filters_2: int = 64  # output channels of the second convolution
    kernel_size: int = 5  # pixels, odd; of both convolutions
    dense_units: int = 1024  # neurons
    dropout: float = 0.4  # probability that a dense unit is dropped while training
    learning_rate: float = 0.001  # step size; under one_cycle its peak
    batch_size: int = 100  # images a step
    optimizer: Literal["sgd", "adam", "adamw"] = "sgd"
    momentum: float = 0.0  # fraction of the last update kept; sgd only
    weight_decay: float = 0.0  # per unit of learning rate; decoupled in adamw, else L2
    schedule: Literal["constant", "one_cycle"] = "constant"
    max_shift_pixels: int = 0  # pixels, along either axis; 0 is none
    max_rotation_degrees: float = 0.0  # degrees, either way; 0 is none
    label_smoothing: float = 0.0  # probability spread evenly over the ten classes
    steps: int = 20_000  # batches in all
    report_every_steps: int = 500  # batches between reports; the last step is reported too

    def __post_init__(self) -> None:
        """Raises ValueError that names every field with an unusable value."""
        side, images = IMAGE_SIZE, TRAINING_IMAGES
        rules = {
            "filters_1": (self.filters_1 >= 1, "at least 1"),
            "filters_2": (self.filters_2 >= 1, "at least 1"),
            "kernel_size": (self.kernel_size > 0 and self.kernel_size % 2 == 1, "odd"),
            "dense_units": (self.dense_units >= 1, "at least 1"),
            "dropout": (0 <= self.dropout < 1, "at least 0 and below 1"),
            "learning_rate": (self.learning_rate > 0, "above 0"),
            "batch_size": (1 <= self.batch_size <= images, f"from 1 to {images}"),
            "momentum": (0 <= self.momentum < 1, "at least 0 and below 1"),
            "weight_decay": (self.weight_decay >= 0, "at least 0"),
            "max_shift_pixels": (0 <= self.max_shift_pixels < side, f"from 0 to {side - 1}"),
            "max_rotation_degrees": (0 <= self.max_rotation_degrees <= 180, "from 0 to 180"),
            "label_smoothing": (0 <= self.label_smoothing < 1, "at least 0 and below 1"),
            "steps": (self.steps >= 1, "at least 1"),
            "report_every_steps": (self.report_every_steps >= 1, "at least 1"),
        }
        faults = [
            f"{field} must be {rule}, not {getattr(self, field)!r}"
            for field, (holds, rule) in rules.items()
            if not holds
        ]
        if faults:
            raise ValueError("; ".join(faults))


def build_model(params: CnnParams) -> nn.Module:
    """The network: (batch, 1, 28, 28) float32 in [0, 1] to (batch, 10) logits.

    Pooling comes before ReLU, in the tutorial after it. The result is the same to the bit, and ReLU
    then has a quarter of the values: 86 ms a step of 100 images instead of 92 (one thread
    of an AMD EPYC, 2026-11).
    """
    border = params.kernel_size // 2  # keeps the image's size: the tutorial's "same"
    pixels = (IMAGE_SIZE // 4) ** 2
    layers = OrderedDict[str, nn.Module](
        conv_1=nn.Conv2d(1, params.filters_1, params.kernel_size, padding=border),
        pool_1=nn.MaxPool2d(2),  # (batch, filters_1, 14, 14)
        relu_1=nn.ReLU(),
        conv_2=nn.Conv2d(params.filters_1, params.filters_2, params.kernel_size, padding=border),
        pool_2=nn.MaxPool2d(2),  # (batch, filters_2, 7, 7)
        relu_2=nn.ReLU(),
        flatten=nn.Flatten(),  # (batch, 49 * filters_2)
        dense=nn.Linear(pixels * params.filters_2, params.dense_units),
        relu_3=nn.ReLU(),
        dropout=nn.Dropout(params.dropout),
        logits=nn.Linear(params.dense_units, 10),
    )
    model = nn.Sequential(layers)
    for parameter in model.parameters():  # Glorot uniform weights, zero biases: as tf.layers
        (nn.init.xavier_uniform_ if parameter.ndim > 1 else nn.init.zeros_)(parameter)
    return model


def train(params: CnnParams, trial: Trial) -> None:
    """Reports `val_accuracy`, `val_loss`, `train_loss` and `steps_per_second` as it goes."""
    digits, validation = load_training(trial.device)
    training = _begin(params, trial, example=validation.images[:1])
    while training.step < params.steps:
        metrics = training.advance(digits)
        quality = measure(training.model, validation)
        metrics |= {f"val_{name}": value for name, value in quality.items()}
        trial.report(training.step, metrics, checkpoint=training.save)


def train_final(params: CnnParams, trial: Trial) -> None:
    """`train` on all 60,000 images; reports `progress`, since no images are left to validate it."""
    digits, validation = load_training(trial.device)
    images = torch.cat([digits.images, validation.images])
    everything = Digits(images, torch.cat([digits.labels, validation.labels]))
    training = _begin(params, trial, example=validation.images[:1])
    while training.step < params.steps:
        metrics = training.advance(everything) | {"progress": training.step / params.steps}
        trial.report(training.step, metrics, checkpoint=training.save)


def _begin(params: CnnParams, trial: Trial, *, example: Tensor) -> Training:
    """Start a training, or resume it from its checkpoint; `example` is (1, 1, 28, 28)."""
    torch.set_num_threads(trial.threads)
    torch.manual_seed(trial.seed)  # of the weights, the dropout and the augmentation
    training = Training(build_model(params), params, trial, example=example)
    if trial.checkpoint is not None:
        training.resume(trial.checkpoint)
    return training


def evaluate(model: nn.Module, params: CnnParams, device: str) -> dict[str, Any]:
    """`accuracy`, `loss` and confusion matrix on the 10,000 test images; see `judge`."""
    return judge(model.to(device), load_test(device))


def for_serving(model: nn.Module) -> nn.Module:
    """What people get: images to probabilities (batch, 10), the tutorial's `softmax_tensor`."""
    return nn.Sequential(model, nn.Softmax(dim=1))


def describe_data() -> dict[str, str]:
    """What the model's card says about its data."""
    return {
        "data": "MNIST: handwritten digits by Yann LeCun and Corinna Cortes",
        "licence": "CC BY-SA 3.0",
        "split": f"{TRAINING_IMAGES:,} training and {VALIDATION_IMAGES:,} validation images, the"
        " first of the 60,000; the 10,000 test images are held out from the search",
        "input": "one grey digit, light on dark from 0 to 1, in a box of 20 by 20 pixels with its"
        " centre of mass in the middle of 28 by 28",
        "output": "the probabilities of the digits 0 to 9",
    }


def example_input() -> Tensor:
    """A batch to trace the model with: (2, 1, 28, 28) float32 in [0, 1]."""
    return torch.linspace(0, 1, 2 * IMAGE_SIZE**2).reshape(2, 1, IMAGE_SIZE, IMAGE_SIZE)
