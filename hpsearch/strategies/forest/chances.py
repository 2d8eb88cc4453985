"""The chance that a configuration is feasible, learned from what failed or was infeasible."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from optuna.trial import FrozenTrial, TrialState

from hpsearch.strategies.feasibility import is_unusable
from hpsearch.strategies.forest.encoding import Rows, Scores

if TYPE_CHECKING:
    from hpsearch.strategies.forest.trees import Trees

FEWEST = 2
"""So many trials must have been unusable: a single one may be an accident."""


class Chances:
    """Trees fitted to 1 for a usable trial, 0 for an unusable one."""

    def __init__(
        self,
        trials: Sequence[FrozenTrial],
        rows: Sequence[Sequence[float]],
        categories: Mapping[int, int],
        random: np.random.RandomState,
    ) -> None:
        """Learn from the trials that say something; all is feasible while few are unusable.

        `rows` are the trials' configurations, encoded.
        """
        pairs = zip(trials, rows, strict=True)
        known = [(one, row) for one, row in pairs if is_unusable(one) or _is_usable(one)]
        usable = np.array([float(not is_unusable(one)) for one, _ in known])
        self._trees: Trees | None = None
        if (usable == 0).sum() >= FEWEST:
            from hpsearch.strategies.forest import trees  # here: it imports scikit-learn, a second

            configurations = np.array([row for _, row in known])
            self._trees = trees.Trees(configurations, usable, categories, random)

    def of(self, rows: Rows) -> Scores:
        """Return the chance of each configuration, of shape (rows,), from 0 to 1."""
        if self._trees is None:
            return np.ones(len(rows))
        return self._trees.predict(rows)[0]


def _is_usable(trial: FrozenTrial) -> bool:
    return trial.state is TrialState.COMPLETE or bool(trial.intermediate_values)
