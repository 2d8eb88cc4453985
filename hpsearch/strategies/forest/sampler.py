"""Proposes by expected improvement at the last step that any trial has reached."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.samplers._lazy_random_state import LazyRandomState
from optuna.trial import FrozenTrial

from hpsearch.experiment import Experiment
from hpsearch.strategies.forest.encoding import Encoding, Rows
from hpsearch.strategies.forest.rows import Table, table_of
from hpsearch.strategies.forest.trees import Trees, expected_improvement

RANDOM_EVERY = 10
"""Every tenth proposal is random, so that no part of the space is forgotten."""
DRAWN, NEAR, PARENTS = 400, 400, 10
"""Candidates drawn at random, candidates near the best configurations, and how many of these."""


class ForestSampler(BaseSampler):
    """Fits trees to every report of every trial. Its state follows from the trials alone."""

    def __init__(
        self, *, experiment: Experiment, seed: int | None = None, n_startup_trials: int = 8
    ) -> None:
        """`n_startup_trials` with a value are awaited; until then proposals are random."""
        self._encoding = Encoding(experiment)
        self._startup = n_startup_trials
        self._rng = LazyRandomState(seed)
        self._random = RandomSampler(seed=seed)

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return the whole space, conditional parameters included."""
        return dict(self._encoding.distributions)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return the best candidate's values; nothing, if the proposal is to be random."""
        if not search_space or trial.number % RANDOM_EVERY == RANDOM_EVERY - 1:
            return {}
        trials = [one for one in study._get_trials(deepcopy=False) if one.number != trial.number]
        table = table_of(trials, self._encoding, study.directions, self._rng.rng)
        if table is None or _configurations(table) < self._startup:
            return {}
        return self._proposed(table, trials)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Return a random value."""
        return self._random.sample_independent(study, trial, param_name, param_distribution)

    def _proposed(self, table: Table, trials: Sequence[FrozenTrial]) -> dict[str, Any]:
        random, encoding = self._rng.rng, self._encoding
        candidates = self._candidates(table, random)
        tried = {tuple(encoding.encode(one.params)) for one in trials}
        fresh = [row for row in candidates if tuple(row) not in tried]
        if not fresh:
            return {}
        rows = np.array(fresh)
        trees = Trees(table.rows, table.scores, encoding.categories, random)
        mean, deviation = trees.predict(np.c_[rows, np.full(len(rows), table.last_step)])
        gain = expected_improvement(mean, deviation, float(table.scores.max()))
        return encoding.decode(rows[int(np.argmax(gain))])

    def _candidates(self, table: Table, random: np.random.RandomState) -> Rows:
        parents = np.unique(table.best[: PARENTS * 3], axis=0)[:PARENTS]
        near = self._encoding.mutate(parents[random.randint(len(parents), size=NEAR)], random)
        drawn = self._encoding.draw(DRAWN, random)
        return self._encoding.snap(np.concatenate([drawn, near]))


def _configurations(table: Table) -> int:
    return len(np.unique(table.rows[:, :-1], axis=0))
