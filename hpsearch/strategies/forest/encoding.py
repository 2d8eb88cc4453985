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
from hpsearch.experiment import Experiment, each_test, in_order
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
        for column, (name, one) in enumerate(self.distributions.items()):
            if column not in self.categories:
                snapped[:, column] = _places(one, _values(one, snapped[:, column]))
            if self._space[name].when:
                snapped[~self._exist(name, snapped), column] = ABSENT
        return snapped

    def _exist(self, name: str, rows: Rows) -> npt.NDArray[np.bool_]:
        """Return in which rows a parameter exists; those that its condition names are snapped."""
        tested = {parent for parent, _ in each_test(self._space[name].when)}
        parents = [column for column, other in enumerate(self.names) if other in tested]
        unique, place = np.unique(rows[:, parents], axis=0, return_inverse=True)
        found = [self._space[name].exists(self._known(parents, row)) for row in unique]
        return np.array(found, bool)[place.ravel()]

    def _known(self, columns: Sequence[int], row: Rows) -> dict[str, Any]:
        """Return the values that some columns of a row stand for, and what is fixed."""
        known: dict[str, Any] = dict(self._fixed)
        for column, place in zip(columns, row, strict=True):
            name = self.names[column]
            if place != ABSENT:
                value = self._value(self.distributions[name], place)
                known[name] = from_optuna(self._space[name], value)
        return known

    def _place(self, one: BaseDistribution, value: Value) -> float:
        if isinstance(one, CategoricalDistribution):
            return float(one.to_internal_repr(value))
        return float(_places(one, np.array([value], float))[0])

    def _value(self, one: BaseDistribution, place: float) -> Any:
        if isinstance(one, CategoricalDistribution):
            return one.to_external_repr(max(place, 0))
        return one.to_external_repr(float(_values(one, np.array([place]))[0]))


def _places(one: Any, values: Scores) -> Scores:
    """Return where numbers lie in their range, from 0 to 1."""
    low, high = _scaled(one, one.low), _scaled(one, one.high)
    return (_scaled(one, values) - low) / (high - low) if high > low else np.zeros_like(values)


def _values(one: Any, places: Scores) -> Scores:
    """Return the numbers of a range that are nearest to these places."""
    low, high = _scaled(one, one.low), _scaled(one, one.high)
    values = low + np.clip(places, 0, 1) * (high - low)
    values = np.exp(values) if one.log else values
    if one.step is not None:
        values = one.low + np.round((values - one.low) / one.step) * one.step
    return np.asarray(np.clip(values, one.low, one.high))


def _scaled(one: Any, value: Any) -> Any:
    return np.log(value) if one.log else value
