"""A pruner that compares with other trials at the same step, also if they report at other steps.

Optuna's median and percentile pruners look at exactly equal steps: if the steps at which trials
report depend on a hyperparameter (a batch size, say), they find nothing to compare with, and stop
nothing. Here a trial has, at a step between two reports, the value of the earlier one.
"""

import copy
from bisect import bisect_right
from collections.abc import Container, Mapping, Sequence
from contextlib import suppress
from math import inf
from typing import Any

from optuna import Study
from optuna.pruners import BasePruner
from optuna.trial import FrozenTrial, TrialState

from hpsearch.strategies.shown_study import ShownStudy


class AlignedPruner(BasePruner):
    """Wraps a pruner that compares at equal steps."""

    def __init__(self, pruner: BasePruner) -> None:
        self._pruner = pruner
        self._complete: dict[int, FrozenTrial] = {}

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """Return whether to stop a trial."""
        view: Any = _AlignedStudy(study, self._complete)
        return self._pruner.prune(view, trial)


class _AlignedStudy(ShownStudy):
    """Shows finished trials with a value at every step; `complete` keeps what changes no more."""

    def __init__(self, study: Study, complete: dict[int, FrozenTrial]) -> None:
        super().__init__(study, self._all)
        self._complete = complete

    def get_trials(
        self, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """Return the trials as they are shown, those in these states, which stay as they are."""
        return self._all(self._study.get_trials(deepcopy=False, states=states))

    def _all(self, trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
        known = self._complete
        return [known.get(trial.number) or self._shown(trial) for trial in trials]

    def _shown(self, trial: FrozenTrial) -> FrozenTrial:
        if not trial.state.is_finished():
            return trial
        found = aligned(trial)
        if trial.state is TrialState.COMPLETE:  # others may go on: a paused one is shown as pruned
            self._complete[trial.number] = found
        return found


def aligned(trial: FrozenTrial) -> FrozenTrial:
    """Return a finished trial with a value at every step from its first report on."""
    aligned = copy.copy(trial)
    aligned.intermediate_values = Steps(trial.intermediate_values)
    return aligned


class Steps(dict[int, float]):
    """Values by step; between two steps the earlier one's."""

    def __init__(self, values: Mapping[int, float]) -> None:
        super().__init__(values)
        self._steps = sorted(values)
        self._first = min(values, default=inf)

    def __contains__(self, step: object) -> bool:
        return isinstance(step, int) and step >= self._first

    def __missing__(self, step: int) -> float:
        if step not in self:
            raise KeyError(step)
        return self[self._steps[bisect_right(self._steps, step) - 1]]


def value_at(values: Mapping[int, float], step: int) -> float | None:
    """Return the value at a step or, between two, the earlier one's; None before the first."""
    if step in values:  # nearly always, and the quickest: all complete trials are asked
        return values[step]
    with suppress(KeyError):
        return Steps(values)[step]
    return None
