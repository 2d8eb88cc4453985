"""What the trees are fitted to: for each trial a row at some of its steps, and how good it was.

A score is the normal score (rank-based, van der Waerden's with Hazen's positions) of the best value
so far among all rows: outliers and the scale of the objective do not matter. Of several objectives
no step is best: a row has what was reported there.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from optuna.trial import FrozenTrial, TrialState
from scipy.special import ndtri
from scipy.stats import rankdata

from hpsearch.common.goal import Goal, has_values
from hpsearch.strategies.attributes import curve_of
from hpsearch.strategies.forest.encoding import Encoding, Rows, Scores

MAX_ROWS = 700
"""The trees see so many rows at most: a quarter are the best, the others evenly spread by rank."""

Row = tuple[float, ...]


@dataclass(frozen=True)
class Table:
    """`rows` has the parameters' columns and the step's; `scores` are higher for better values."""

    rows: Rows
    scores: Scores
    last_step: float
    trials: int
    """How many trials have values."""

    @property
    def best(self) -> Rows:
        """The parameters of the rows by score, the best first; of shape (rows, parameters)."""
        return self.rows[np.argsort(-self.scores, kind="stable"), :-1]


@dataclass(frozen=True)
class TrialRows:
    """A trial's rows, and its losses: one for each row and objective, lower is better."""

    state: TrialState
    reports: int
    params: Row
    rows: Rows
    losses: Rows


class History:
    """The rows of all trials; each trial is encoded again only when it has changed."""

    def __init__(self, encoding: Encoding, goals: Sequence[Goal]) -> None:
        self._encoding = encoding
        self._goals = goals
        self._signs = [1.0 if one.direction == "minimize" else -1.0 for one in goals]
        self._known: dict[int, TrialRows] = {}

    def of(self, trials: Sequence[FrozenTrial]) -> list[TrialRows]:
        """Return the rows of each trial."""
        return [self._rows(trial) for trial in trials]

    def _rows(self, trial: FrozenTrial) -> TrialRows:
        is_single = len(self._goals) == 1
        reports = len(trial.intermediate_values if is_single else trial.user_attrs)
        known = self._known.get(trial.number)
        if known is not None and (known.state, known.reports) == (trial.state, reports):
            return known
        encoded = self._encoding.encode(trial.params)
        curve = self._curve(trial)
        rows = [[*encoded, math.log1p(max(step, 0))] for step, _ in curve]
        losses = np.array([losses for _, losses in curve]).reshape(len(curve), len(self._signs))
        made = np.array(rows).reshape(len(curve), len(encoded) + 1)
        found = TrialRows(trial.state, reports, as_key(encoded), made, losses)
        if trial.state.is_finished() or reports:  # else its parameters may still change
            self._known[trial.number] = found
        return found

    def _curve(self, trial: FrozenTrial) -> list[tuple[int, list[float]]]:
        """Return the losses at steps that double, and at the last; of one the best so far."""
        reported = self._reported(trial)
        if not reported:
            is_complete = trial.state is TrialState.COMPLETE
            values = self._losses(trial.values or ())
            return [(0, values)] if is_complete and values else []
        kept = {2**power - 1 for power in range(len(reported).bit_length())} | {len(reported) - 1}
        return [reported[index] for index in sorted(kept)]

    def _reported(self, trial: FrozenTrial) -> list[tuple[int, list[float]]]:
        if len(self._goals) > 1:
            scored = [one for one in curve_of(trial) if has_values(one, self._goals)]
            names = [one.metric for one in self._goals]
            return [(m.step, self._losses([m.metrics[one] for one in names])) for m in scored]
        reported = sorted(trial.intermediate_values.items())
        best = np.minimum.accumulate([self._signs[0] * value for _, value in reported])
        return [(step, [float(one)]) for (step, _), one in zip(reported, best, strict=True)]

    def _losses(self, values: Sequence[float]) -> list[float]:
        return [sign * value for sign, value in zip(self._signs, values, strict=False)]


def as_key(row: Sequence[float]) -> Row:
    """Return a configuration's row so that equal configurations have equal ones."""
    return tuple(np.round(row, 9).tolist())


def table_of(trials: Sequence[TrialRows], random: np.random.RandomState) -> Table | None:
    """Return the rows of all trials that have values; None if there are none."""
    some = [trial for trial in trials if len(trial.rows)]
    if not some:
        return None
    rows = np.concatenate([trial.rows for trial in some])
    losses = np.concatenate([trial.losses for trial in some])
    combined = _combined(rankdata(losses, axis=0), random)
    scores = -ndtri((rankdata(combined) - 0.5) / len(combined))
    return _thinned(Table(rows, scores, float(rows[:, -1].max()), len(some)))


def _combined(ranks: Scores, random: np.random.RandomState) -> Scores:
    """Return one loss for each row; ParEGO's, with new weights at each call (Knowles 2006)."""
    if ranks.shape[1] == 1:
        return np.asarray(ranks[:, 0])
    weighted = ranks * random.dirichlet(np.ones(ranks.shape[1]))
    return np.asarray(weighted.max(1) + 0.05 * weighted.sum(1))


def _thinned(table: Table) -> Table:
    if len(table.rows) <= MAX_ROWS:
        return table
    order = np.argsort(-table.scores, kind="stable")
    best, rest = order[: MAX_ROWS // 4], order[MAX_ROWS // 4 :]
    every = np.linspace(0, len(rest) - 1, MAX_ROWS - len(best)).astype(int)
    kept = np.concatenate([best, rest[every]])
    return replace(table, rows=table.rows[kept], scores=table.scores[kept])
