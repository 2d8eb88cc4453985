"""What the trees are fitted to: for each trial a row at some of its steps, and how good it was.

A score is the normal score (rank-based, van der Waerden's with Hazen's positions) of the best value
so far among all rows: outliers and the scale of the objective do not matter.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState
from scipy.special import ndtri
from scipy.stats import rankdata

from hpsearch.strategies.forest.encoding import Encoding, Rows

MAX_ROWS = 2000
"""The trees see so many rows at most: the best quarter of them, and others at equal ranks apart."""


@dataclass(frozen=True)
class Table:
    """`rows` has the parameters' columns and the step's; `scores` are higher for better values."""

    rows: Rows
    scores: npt.NDArray[np.float64]
    last_step: float

    @property
    def best(self) -> Rows:
        """The parameters of the rows by score, the best first; of shape (rows, parameters)."""
        return self.rows[np.argsort(-self.scores, kind="stable"), :-1]


def table_of(
    trials: Sequence[FrozenTrial], encoding: Encoding, direction: StudyDirection
) -> Table | None:
    """Return the rows of all trials that have a value; None if there are none."""
    sign = 1.0 if direction is StudyDirection.MINIMIZE else -1.0
    rows: list[list[float]] = []
    values: list[float] = []
    for trial in trials:
        curve = _curve(trial, sign)
        if not curve:
            continue
        encoded = encoding.encode(trial.params)
        for step, value in curve:
            rows.append([*encoded, math.log1p(max(step, 0))])
            values.append(value)
    if not rows:
        return None
    made = np.array(rows)
    scores = -ndtri((rankdata(values) - 0.5) / len(values))
    return _thinned(Table(made, scores, float(made[:, -1].max())))


def _curve(trial: FrozenTrial, sign: float) -> list[tuple[int, float]]:
    """Return the best value so far at steps that double, and at the last; lower is better."""
    reported = sorted(trial.intermediate_values.items())
    if not reported:
        is_complete = trial.state is TrialState.COMPLETE
        return [(0, sign * trial.values[0])] if is_complete and trial.values else []
    best = np.minimum.accumulate([sign * value for _, value in reported])
    kept = {2**power - 1 for power in range(len(reported).bit_length())} | {len(reported) - 1}
    return [(reported[index][0], float(best[index])) for index in sorted(kept)]


def _thinned(table: Table) -> Table:
    if len(table.rows) <= MAX_ROWS:
        return table
    order = np.argsort(-table.scores, kind="stable")
    best, rest = order[: MAX_ROWS // 4], order[MAX_ROWS // 4 :]
    every = np.linspace(0, len(rest) - 1, MAX_ROWS - len(best)).astype(int)
    kept = np.concatenate([best, rest[every]])
    return Table(table.rows[kept], table.scores[kept], table.last_step)
