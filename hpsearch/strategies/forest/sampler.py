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
from hpsearch.strategies.feasibility import is_unusable
from hpsearch.strategies.forest.chances import Chances
from hpsearch.strategies.forest.earlier import EarlierRows
from hpsearch.strategies.forest.encoding import Encoding, Rows
from hpsearch.strategies.forest.rows import History, Table, TrialRows, table_of
from hpsearch.strategies.forest.trees import Trees, expected_improvement

RANDOM_EVERY = 10
"""One in so many proposals is random, so that no part of the space is forgotten."""
DRAWN, NEAR, PARENTS = 400, 400, 10
"""Candidates drawn at random, candidates near the best configurations, and how many of these."""


class ForestSampler(BaseSampler):
    """Fits trees to every report of every trial. Its state follows from the trials alone."""

    def __init__(
        self, *, experiment: Experiment, seed: int | None = None, n_startup_trials: int = 8
    ) -> None:
        """`n_startup_trials` with a value are awaited; until then proposals are random."""
        self._encoding = Encoding(experiment)
        self._history = History(self._encoding, experiment.goals)
        self._earlier = EarlierRows(experiment, self._encoding)
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
        """Return the values of a candidate that was not tried; nothing if all were."""
        if not search_space:
            return {}
        others = [one for one in study._get_trials(deepcopy=False) if one.number != trial.number]
        trials = self._history.of(others)
        table = None
        if trial.number % RANDOM_EVERY != RANDOM_EVERY - 1:
            known = zip(others, trials, strict=True)
            usable = [one for seen, one in known if not is_unusable(seen)]
            table = self._earlier.added(table_of(usable, self._rng.rng), study, others)
        if table is None or table.trials < self._startup:
            rows = self._fresh(self._encoding.draw(DRAWN, self._rng.rng), trials)
            return self._encoding.decode(rows[0]) if len(rows) else {}
        rows = self._fresh(self._candidates(table), trials)
        tried = [one.params for one in trials]
        chances = Chances(others, tried, self._encoding.categories, self._rng.rng)
        return self._encoding.decode(self._best(rows, table, chances)) if len(rows) else {}

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Return a random value."""
        return self._random.sample_independent(study, trial, param_name, param_distribution)

    def _candidates(self, table: Table) -> Rows:
        random = self._rng.rng
        parents = np.unique(table.best[: PARENTS * 3], axis=0)[:PARENTS]
        near = self._encoding.mutate(parents[random.randint(len(parents), size=NEAR)], random)
        return np.concatenate([self._encoding.draw(DRAWN, random), near])

    def _fresh(self, rows: Rows, trials: Sequence[TrialRows]) -> Rows:
        """Return those of the rows that no trial has, as the space has them."""
        tried = {trial.params for trial in trials}
        snapped = self._encoding.snap(rows)
        return snapped[[key not in tried for key in map(tuple, np.round(snapped, 9).tolist())]]

    def _best(self, rows: Rows, table: Table, chances: Chances) -> Any:
        """Return the row of the largest expected improvement at the last step, if feasible."""
        trees = Trees(table.rows, table.scores, self._encoding.categories, self._rng.rng)
        mean, deviation = trees.predict(np.c_[rows, np.full(len(rows), table.last_step)])
        gain = expected_improvement(mean, deviation, float(table.scores.max()))
        return rows[int(np.argmax(gain * chances.of(rows)))]
