"""What a simulated search is over: a space, and a learning curve for each configuration."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Curve = npt.NDArray[np.float64]
"""Losses at reports 1, 2, …: shape (steps,); less is better."""


class Task(Protocol):
    """One task; every configuration of it reports equally often."""

    @property
    def name(self) -> str: ...

    @property
    def space(self) -> Mapping[str, Any]:
        """The `space` of the experiment."""

    @property
    def steps(self) -> int:
        """How many reports a full training makes."""

    @property
    def stride(self) -> int:
        """The steps between two reports."""

    def curve(self, params: Mapping[str, Any]) -> Curve:
        """Return the losses of a configuration, of shape (steps,)."""

    def step_seconds(self, params: Mapping[str, Any]) -> float:
        """Return how long it takes from one report to the next, in simulated seconds."""


@dataclass(frozen=True)
class Scale:
    """What regret 0 and 1 stand for: the best known loss, and the median configuration's."""

    best: float
    median: float
    full_seconds: float
    """Seconds of a mean full training; the unit of a budget."""

    def regret(self, loss: float) -> float:
        """Return a loss on this scale; below 0 if it is better than any that was known."""
        return (loss - self.best) / (self.median - self.best)


def draw(space: Mapping[str, Any], random: np.random.Generator) -> dict[str, Any]:
    """Return a configuration drawn from a space, whose parameters stand after those of `when`."""
    params: dict[str, Any] = {}
    for name, one in space.items():
        if any(params.get(other) != wanted for other, wanted in one.get("when", {}).items()):
            continue
        if one["type"] == "categorical":
            params[name] = one["choices"][random.integers(len(one["choices"]))]
            continue
        low, high = one["low"], one["high"]
        if one.get("log"):
            value = float(np.exp(random.uniform(np.log(low), np.log(high))))
        else:
            value = float(random.uniform(low, high))
        params[name] = round(value) if one["type"] == "int" else value
    return params


def scale_of(task: Task, configurations: int = 4000) -> Scale:
    """Return the scale of a task, from configurations drawn at random."""
    random = np.random.default_rng(0)
    drawn = [draw(task.space, random) for _ in range(configurations)]
    lowest = np.array([task.curve(params).min() for params in drawn])
    seconds = np.mean([task.step_seconds(params) for params in drawn]) * task.steps
    return Scale(float(lowest.min()), float(np.median(lowest)), float(seconds))
