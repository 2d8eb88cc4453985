"""Extremely randomised trees (Geurts et al. 2006): a score predicted, with its uncertainty."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr
from sklearn import config_context
from sklearn.tree import ExtraTreeRegressor

from hpsearch.strategies.forest.encoding import ABSENT, Rows, Scores

TREES = 24
LEAF = 2
"""The fewest rows of a leaf."""
NOISE = 0.05
"""The smallest deviation of a prediction, in normal scores."""


class Trees:
    """Trees fitted to rows; categories are put into the order of their mean score."""

    def __init__(
        self,
        rows: Rows,
        scores: Scores,
        categories: Mapping[int, int],
        random: np.random.RandomState,
    ) -> None:
        self._orders = {
            column: order_categories(rows[:, column], scores, count)
            for column, count in categories.items()
        }
        ordered = self._ordered(rows)
        with config_context(skip_parameter_validation=True):  # it takes as long as a small fit
            self._trees = [self._fitted(ordered, scores, random) for _ in range(TREES)]

    def predict(self, rows: Rows) -> tuple[Scores, Scores]:
        """Return the mean and the deviation of the score of each row."""
        ordered = self._ordered(rows)
        predicted = np.array([tree.predict(ordered).ravel() for tree in self._trees])
        return predicted.mean(0), np.maximum(predicted.std(0), NOISE)

    def _fitted(
        self, rows: npt.NDArray[np.float32], scores: Scores, random: np.random.RandomState
    ) -> Any:
        seed = random.randint(2**31 - 1)
        tree = ExtraTreeRegressor(min_samples_leaf=LEAF, max_features=0.7, random_state=seed)
        return tree.fit(rows, scores, check_input=False).tree_

    def _ordered(self, rows: Rows) -> npt.NDArray[np.float32]:
        found = np.array(rows, np.float32)
        for column, order in self._orders.items():
            present = rows[:, column] != ABSENT
            found[present, column] = order[rows[present, column].astype(int)]
        return found


def order_categories(places: Scores, scores: Scores, count: int) -> Scores:
    """Return each category's place when they are sorted by mean score; unseen ones are average."""
    overall = scores.mean()
    means = [
        scores[places == one].mean() if (places == one).any() else overall for one in range(count)
    ]
    return np.argsort(np.argsort(means, kind="stable"), kind="stable").astype(float)


def expected_improvement(mean: Scores, deviation: Scores, best: float) -> Scores:
    """Return how much a score is expected to exceed `best` (Mockus 1978; Jones et al. 1998)."""
    z = (mean - best) / deviation
    density = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    improvement: Scores = deviation * (z * ndtr(z) + density)
    return improvement
