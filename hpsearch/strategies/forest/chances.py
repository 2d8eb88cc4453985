"""The chance that a configuration is feasible, learned from what failed or was infeasible."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from optuna.trial import FrozenTrial, TrialState

from hpsearch.strategies.feasibility import is_unusable
from hpsearch.strategies.forest.encoding import Encoding, Rows, Scores

if TYPE_CHECKING:
    from hpsearch.strategies.forest.trees import Trees

FEWEST = 2
"""So many trials must have been unusable: a single one may be an accident."""


class Chances:
    """Trees fitted to 1 for a usable trial, 0 for an unusable one."""

    def __init__(
        self, trials: Sequence[FrozenTrial], encoding: Encoding, random: np.random.RandomState
    ) -> None:
        """Learn from the trials that say something; so far all is feasible if few are unusable."""
        known = [one for one in trials if is_unusable(one) or _is_usable(one)]
        usable = np.array([float(not is_unusable(one)) for one in known])
        self._trees: Trees | None = None
        if (usable == 0).sum() >= FEWEST:
            from hpsearch.strategies.forest import trees  # here: it imports scikit-learn, a second

            rows = np.array([encoding.encode(one.params) for one in known])
            self._trees = trees.Trees(rows, usable, encoding.categories, random)

    def of(self, rows: Rows) -> Scores:
        """Return the chance of each configuration, of shape (rows,), from 0 to 1."""
        if self._trees is None:
            return np.ones(len(rows))
        return self._trees.predict(rows)[0]


def _is_usable(trial: FrozenTrial) -> bool:
    return trial.state is TrialState.COMPLETE or bool(trial.intermediate_values)
