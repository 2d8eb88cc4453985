"""Optuna's grid sampler, with suggestions: each configuration is still proposed once.

Optuna's own counts by the trial's number, so it would propose again what was suggested before, and
it cannot complete a suggestion. Here a suggestion takes a configuration of the grid.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from optuna import Study
from optuna.samplers import GridSampler
from optuna.trial import FrozenTrial

from hpsearch.strategies.params import FIXED_PARAMS

GRID_ID = "grid_id"
"""The system attribute in which Optuna keeps which configuration of the grid a trial has."""


class Grid(GridSampler):
    """See `GridSampler`."""

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Choose the trial's configuration: an untried one, if there is one."""
        if GRID_ID in trial.system_attrs:
            return
        trials = study._storage.get_all_trials(study._study_id, deepcopy=False)
        taken = {self._number_of(one) for one in trials}
        chosen = self._chosen(trial, taken)
        if chosen is None:
            super().before_trial(study, trial)
            return
        id, storage = trial._trial_id, study._storage
        storage.set_trial_system_attr(id, "search_space", self._search_space)
        storage.set_trial_system_attr(id, GRID_ID, chosen)

    def after_trial(self, *_: object) -> None:
        """Do nothing: the study itself counts what was tried."""

    def _chosen(self, trial: FrozenTrial, taken: set[Any]) -> int | None:
        given = trial.system_attrs.get(FIXED_PARAMS)
        if given:
            fitting = [n for n in range(self._n_min_trials) if self._has(n, given)]
            return next((n for n in fitting if n not in taken), next(iter(fitting), None))
        if trial.number < self._n_min_trials and trial.number not in taken:
            return trial.number  # as Optuna's own
        return next((n for n in range(self._n_min_trials) if n not in taken), None)

    @cached_property
    def _numbers(self) -> Mapping[tuple[Any, ...], int]:
        return {values: number for number, values in enumerate(self._all_grids)}

    def _number_of(self, trial: FrozenTrial) -> Any:
        """Return which configuration a trial has; its id may be of the grid before an amendment."""
        if trial.params.keys() >= set(self._param_names):
            return self._numbers.get(tuple(trial.params[name] for name in self._param_names))
        return trial.system_attrs.get(GRID_ID)

    def _has(self, number: int, given: Mapping[str, Any]) -> bool:
        values = dict(zip(self._param_names, self._all_grids[number], strict=True))
        return all(name in values and values[name] == value for name, value in given.items())
