"""The CNN of experiments/cnn.py as the benchmarks' trials train it; imports torch.

The same on every side: hyperparameters as a plain dict, and a `Trial` or a peer's stand-in for it.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.benchmarks.marks import mark

mark("import", os.getpid())

import cnn  # noqa: E402
from cnn import CnnParams, build_model  # noqa: E402
from mnist import load_training  # noqa: E402
from torch.nn import functional  # noqa: E402

from hpsearch import Trial  # noqa: E402

mark("imported", os.getpid())


class _Marked:
    """A trial whose reports are noted: how good, and how many steps a second."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial

    def __getattr__(self, name: str) -> Any:
        return getattr(self._trial, name)

    def report(
        self, step: int, metrics: Mapping[str, float], checkpoint: Callable[[Path], None]
    ) -> None:
        mark("accuracy", metrics["val_accuracy"])
        mark(f"speed:{os.getpid()}", metrics["steps_per_second"])
        self._trial.report(step, metrics, checkpoint)


def train(params: dict[str, Any], trial: Trial) -> None:
    """Train as experiments/cnn.py does."""
    marked: Any = _Marked(trial)
    cnn.train(CnnParams(**params), marked)


def first_step(params: dict[str, Any], trial: Trial) -> None:
    """Load the data, take one step, and note when each was done."""
    mark("called", os.getpid())
    digits, _ = load_training("cpu")
    mark("data", os.getpid())
    model, size = build_model(CnnParams(**params)), params["batch_size"]
    loss = functional.cross_entropy(model(digits.images[:size]), digits.labels[:size])
    loss.backward()  # type: ignore[no-untyped-call]
    mark("step", os.getpid())
    trial.report(1, {"val_accuracy": 0.1})
