"""A pruner that compares with other trials at the same step, also if they report at other steps.

Optuna's median and percentile pruners look at exactly equal steps: if the steps at which trials
report depend on a hyperparameter (a batch size, say), they find nothing to compare with, and stop
nothing. Here a trial has, at a step between two reports, the value of the earlier one.
"""

import copy
from bisect import bisect_right
from collections.abc import Container
from typing import Any

from optuna import Study
from optuna.pruners import BasePruner
from optuna.trial import FrozenTrial, TrialState


class AlignedPruner(BasePruner):
    """Wraps a pruner that compares at equal steps."""

    def __init__(self, pruner: BasePruner) -> None:
        self._pruner = pruner
        self._aligned: dict[int, FrozenTrial] = {}

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """Return whether to stop a trial."""
        view: Any = _AlignedStudy(study, self._aligned)
        return self._pruner.prune(view, trial)


class _AlignedStudy:
    """A study whose finished trials have a value at every step from their first report on."""

    def __init__(self, study: Study, aligned: dict[int, FrozenTrial]) -> None:
        self._study = study
        self._aligned = aligned

    def __getattr__(self, name: str) -> Any:
        return getattr(self._study, name)

    def get_trials(
        self, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        found = self._study.get_trials(deepcopy=False, states=states)
        return [self._align(trial) if trial.state.is_finished() else trial for trial in found]

    def _align(self, trial: FrozenTrial) -> FrozenTrial:
        if trial.number not in self._aligned:
            aligned = copy.copy(trial)
            aligned.intermediate_values = _Steps(trial.intermediate_values)
            self._aligned[trial.number] = aligned
        return self._aligned[trial.number]


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
