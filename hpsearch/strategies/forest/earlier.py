"""The trials of earlier studies as rows, each at the last step and with the score of its rank."""

from collections.abc import Sequence

import numpy as np
from optuna import Study
from optuna.trial import FrozenTrial
from scipy.special import ndtri

from hpsearch.experiment import Experiment
from hpsearch.strategies.forest.encoding import Encoding, Rows
from hpsearch.strategies.forest.rows import Table
from hpsearch.strategies.params import fixed_params
from hpsearch.strategies.warm_start import believed, transfers_of


class EarlierRows:
    """What the study's journal has of earlier studies; empty if the experiment names none."""

    def __init__(self, experiment: Experiment, encoding: Encoding) -> None:
        self._experiment = experiment
        self._encoding = encoding
        self._rows: list[tuple[float, list[float]]] | None = None

    def added(
        self, table: Table | None, study: Study, trials: Sequence[FrozenTrial]
    ) -> Table | None:
        """Return the table with the rows of earlier trials that are still believed."""
        if not self._experiment.warm_start:
            return table
        shown = believed(self._ranked(study), trials)
        if not shown:
            return table
        last_step = 0.0 if table is None else table.last_step
        rows: Rows = np.array([[*row, last_step] for _, row in shown])
        scores = -ndtri(np.array([rank for rank, _ in shown]))
        if table is None:
            return Table(rows, scores, last_step, len(shown))
        return Table(
            np.concatenate([table.rows, rows]),
            np.concatenate([table.scores, scores]),
            last_step,
            table.trials + len(shown),
        )

    def _ranked(self, study: Study) -> list[tuple[float, list[float]]]:
        """Return the rank and the parameters' columns of each trial, the best first."""
        if self._rows is None:
            space = self._experiment.space
            self._rows = sorted(
                (sum(ranks) / len(ranks), self._encoding.encode(fixed_params(params, space)))
                for one in transfers_of(study.user_attrs, self._experiment)
                for params, ranks in one.trials
            )
        return self._rows
