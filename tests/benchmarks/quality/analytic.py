"""Tasks that are formulas: a final loss over the space, and how fast it is reached.

A loss after step t is final + start * exp(-t / time), plus noise that is the same whenever a
configuration is asked for. In `misleading` what is good in the end is slow in the beginning.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.benchmarks.quality.task import Curve

STEPS = 27

_NUMBERS = {f"x{one}": {"type": "float", "low": 0.0, "high": 1.0} for one in range(6)}
_MIXED = {
    "kind": {"type": "categorical", "choices": ["a", "b", "c"]},
    "rate": {"type": "float", "low": 1e-5, "high": 1.0, "log": True},
    "size": {"type": "int", "low": 1, "high": 100, "log": True},
    "b_only": {"type": "float", "low": 0.0, "high": 1.0, "when": {"kind": "b"}},
    "other": {"type": "float", "low": 0.0, "high": 1.0},
}

_ALPHA = np.array([1.0, 1.2, 3.0, 3.2])
_A = np.array(
    [
        [10, 3, 17, 3.5, 1.7, 8],
        [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8],
        [17, 8, 0.05, 10, 0.1, 14],
    ]
)
_P = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)


def hartmann(params: Mapping[str, Any]) -> float:
    """Return Hartmann's function of six dimensions (Dixon and Szegö 1978), from -3.32 to 0."""
    x = np.array([params[f"x{one}"] for one in range(6)])
    return float(-_ALPHA @ np.exp(-(_A * (x - _P) ** 2).sum(1)))


def mixed(params: Mapping[str, Any]) -> float:
    """Return a bowl with another optimum for each kind, of which `b` has the deepest."""
    rate, size = np.log10(params["rate"]) / 5 + 1, np.log10(params["size"]) / 2
    centre, floor = {"a": (0.3, 0.3), "b": (0.6, 0.0), "c": (0.8, 0.5)}[params["kind"]]
    narrow = (params["b_only"] - 0.7) ** 2 if params["kind"] == "b" else 0.0
    bowl = 4 * (rate - centre) ** 2 + (size - 0.5 * rate) ** 2
    return float(floor + bowl + narrow + 0.1 * (params["other"] - 0.2) ** 2)


@dataclass(frozen=True)
class Formula:
    """See `task.Task`."""

    name: str
    space: Mapping[str, Any]
    noise: float = 0.0
    is_misleading: bool = False
    steps: int = STEPS
    stride: int = 1

    def final(self, params: Mapping[str, Any]) -> float:
        """Return the loss that would be reached in the end."""
        return hartmann(params) if "x0" in params else mixed(params)

    def curve(self, params: Mapping[str, Any]) -> Curve:
        """Return the losses of a configuration."""
        random = _random(params)
        final, steps = self.final(params), np.arange(1, self.steps + 1)
        quick = random.uniform(2, 6)
        if self.is_misleading:  # the better the end, the longer it takes
            quick = 4 + 12 / (1 + np.exp(4 * (final + (1.5 if "x0" in params else -0.6))))
        noise = random.normal(0, self.noise, self.steps) if self.noise else 0.0
        return np.asarray(final + 2 * np.exp(-steps / quick) + noise)

    def step_seconds(self, params: Mapping[str, Any]) -> float:
        """Return the seconds of a step: from 0.5 to 2."""
        return float(np.exp2(_random(params).uniform(-1, 1)))


def _random(params: Mapping[str, Any]) -> np.random.Generator:
    digest = hashlib.sha256(repr(sorted(params.items())).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


FORMULAS = (
    Formula("hartmann", _NUMBERS, noise=0.02),
    Formula("hartmann_misleading", _NUMBERS, is_misleading=True),
    Formula("mixed", _MIXED, noise=0.02),
    Formula("mixed_misleading", _MIXED, is_misleading=True),
)
