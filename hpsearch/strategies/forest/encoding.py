"""Configurations as rows of numbers, a column for each parameter, and new ones drawn as rows.

A number is its place in its range, from 0 to 1, on its own scale. A category is its place in the
list; the trees sort categories by their results (`order_categories`). A parameter that does not
exist is -1.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from optuna.distributions import BaseDistribution, CategoricalDistribution

from hpsearch.common.trial import Value
from hpsearch.experiment import Experiment, in_order
from hpsearch.strategies.distributions import distribution_of, from_optuna

Rows = npt.NDArray[np.float64]
"""Of shape (rows, columns)."""
Scores = npt.NDArray[np.float64]
"""Of shape (rows,)."""

ABSENT = -1.0
LOCAL_DEVIATION = 0.1
"""How far a candidate near a good configuration moves in a number's range, on average."""


class Encoding:
    """The columns of one experiment's space, in the order in which parameters are proposed."""

    def __init__(self, experiment: Experiment) -> None:
        space = experiment.space
        self.names = in_order(space)
        self._space = space
        self._fixed = experiment.params
        self.distributions: dict[str, BaseDistribution] = {
            name: distribution_of(space[name]) for name in self.names
        }
        self.categories = {
            column: len(one.choices)
            for column, one in enumerate(self.distributions.values())
            if isinstance(one, CategoricalDistribution)
        }

    def encode(self, params: Mapping[str, Any]) -> list[float]:
        """Return one configuration, as Optuna stores it, as a row."""
        return [
            self._place(one, params[name]) if name in params else ABSENT
            for name, one in self.distributions.items()
        ]

    def decode(self, row: Sequence[float]) -> dict[str, Any]:
        """Return a row's values as Optuna stores them, also of parameters that do not exist."""
        return {
            name: self._value(one, place)
            for (name, one), place in zip(self.distributions.items(), row, strict=True)
        }

    def draw(self, count: int, random: np.random.RandomState) -> Rows:
        """Return configurations drawn at random, of shape (count, parameters)."""
        rows = random.random_sample((count, len(self.names)))
        for column, choices in self.categories.items():
            rows[:, column] = random.randint(choices, size=count)
        return rows

    def mutate(self, rows: Rows, random: np.random.RandomState) -> Rows:
        """Return configurations near others: each parameter of them changes with some chance."""
        fresh = self.draw(len(rows), random)
        moved = np.clip(rows + random.normal(0, LOCAL_DEVIATION, rows.shape), 0, 1)
        for column in self.categories:
            moved[:, column] = fresh[:, column]
        moved = np.where(rows == ABSENT, fresh, moved)
        changes = random.random_sample(rows.shape) < max(0.3, 1 / len(self.names))
        return np.where(changes | (rows == ABSENT), moved, rows)

    def snap(self, rows: Rows) -> Rows:
        """Return rows as the space has them: whole steps, and -1 for what does not exist."""
        snapped = np.array(rows)
        for index, row in enumerate(rows):
            params, known = self.decode(row), dict(self._fixed)
            for column, name in enumerate(self.names):
                if not self._space[name].exists(known):
                    snapped[index, column] = ABSENT
                    continue
                known[name] = from_optuna(self._space[name], params[name])
                snapped[index, column] = self._place(self.distributions[name], params[name])
        return snapped

    def _place(self, one: BaseDistribution, value: Value) -> float:
        if isinstance(one, CategoricalDistribution):
            return float(one.to_internal_repr(value))
        low, high = _scaled(one, one.low), _scaled(one, one.high)  # type: ignore[attr-defined]
        return 0.0 if high == low else (_scaled(one, value) - low) / (high - low)  # type: ignore[arg-type]

    def _value(self, one: BaseDistribution, place: float) -> Any:
        if isinstance(one, CategoricalDistribution):
            return one.to_external_repr(max(place, 0))
        low, high = _scaled(one, one.low), _scaled(one, one.high)  # type: ignore[attr-defined]
        value = low + np.clip(place, 0, 1) * (high - low)
        value = float(np.exp(value)) if one.log else float(value)  # type: ignore[attr-defined]
        step = one.step  # type: ignore[attr-defined]
        if step is not None:
            value = one.low + round((value - one.low) / step) * step  # type: ignore[attr-defined]
        value = min(max(value, one.low), one.high)  # type: ignore[attr-defined]
        return one.to_external_repr(value)


def _scaled(one: Any, value: float) -> float:
    return float(np.log(value)) if one.log else float(value)
