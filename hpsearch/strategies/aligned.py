"""A pruner that compares with other trials at the same step, also if they report at other steps.

Optuna's median and percentile pruners look at exactly equal steps: if the steps at which trials
report depend on a hyperparameter (a batch size, say), they find nothing to compare with, and stop
nothing. Here a trial has, at a step between two reports, the value of the earlier one.
"""

import copy
from bisect import bisect_right
from typing import Any

from optuna import Study
from optuna.pruners import BasePruner
from optuna.trial import FrozenTrial

from hpsearch.strategies.shown_study import Shown, ShownStudy, each_by_itself


class AlignedPruner(BasePruner):
    """Wraps a pruner that compares at equal steps."""

    def __init__(self, pruner: BasePruner) -> None:
        self._pruner = pruner
        self._known: Shown = {}

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """Return whether to stop a trial."""
        view: Any = ShownStudy(study, each_by_itself(aligned, self._known))
        return self._pruner.prune(view, trial)


def aligned(trial: FrozenTrial) -> FrozenTrial:
    """Return a finished trial with a value at every step from its first report on."""
    if not trial.state.is_finished():
        return trial
    aligned = copy.copy(trial)
    aligned.intermediate_values = _Steps(trial.intermediate_values)
    return aligned


class _Steps(dict[int, float]):
    """Values by step; between two steps the earlier one's."""

    def __init__(self, values: dict[int, float]) -> None:
        super().__init__(values)
        self._steps = sorted(values)

    def __contains__(self, step: object) -> bool:
        return isinstance(step, int) and bool(self._steps) and step >= self._steps[0]

    def __getitem__(self, step: int) -> float:
        if step not in self:
            raise KeyError(step)
        return super().__getitem__(self._steps[bisect_right(self._steps, step) - 1])
