"""A sampler that sees what running trials have reported, and what stopped trials had reached.

Optuna's TPE counts every running trial as a bad one (`constant_liar`), so that proposals keep away
from each other; with asha the running ones are the best. Its GP and CMA-ES see no stopped trial at
all. Here a trial that has reported counts as complete, with its best value so far (of several
objectives: what it reported last), whether it runs, is paused, or was stopped. One that has
reported nothing is as Optuna has it.
"""

import copy
from collections.abc import Sequence
from functools import partial
from typing import Any

from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.trial import FrozenTrial, TrialState

from hpsearch.common.goal import Goal, measurement_of_value, values_at
from hpsearch.strategies.attributes import curve_of
from hpsearch.strategies.study_view import Shown, StudyView

Space = dict[str, BaseDistribution]


class LiveSampler(BaseSampler):
    """Wraps one of Optuna's samplers; each `random_every`-th proposal is random, if it is given."""

    def __init__(
        self, sampler: BaseSampler, goals: Sequence[Goal], random_every: int | None = None
    ) -> None:
        self._sampler = sampler
        self._goals = goals
        self._random = RandomSampler(seed=0)  # reseeded for each proposal
        self._random_every = random_every
        self._known: Shown = {}

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> Space:
        """Return the parameters that are proposed together."""
        return self._of(trial).infer_relative_search_space(self._live(study), trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: Space
    ) -> dict[str, Any]:
        """Return values for the parameters that are proposed together."""
        return self._of(trial).sample_relative(self._live(study), trial, search_space)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Return a value for another parameter."""
        sampler = self._of(trial)
        return sampler.sample_independent(self._live(study), trial, param_name, param_distribution)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Tell the sampler that a trial is proposed."""
        self._sampler.before_trial(study, trial)

    def _live(self, study: Study) -> Any:
        return StudyView(study, partial(as_complete, goals=self._goals), self._known)

    def _of(self, trial: FrozenTrial) -> BaseSampler:
        every = self._random_every
        is_random = every is not None and trial.number % every == every - 1
        return self._random if is_random else self._sampler


def as_complete(trial: FrozenTrial, goals: Sequence[Goal]) -> FrozenTrial:
    """Return a running or pruned trial that has reported as one that is complete."""
    if trial.state not in (TrialState.RUNNING, TrialState.PRUNED):
        return trial
    values = _values_so_far(trial, goals)
    if not values:
        return trial
    seen = copy.copy(trial)
    seen.state = TrialState.COMPLETE
    seen.values = values
    return seen


def _values_so_far(trial: FrozenTrial, goals: Sequence[Goal]) -> list[float]:
    if len(goals) > 1:
        return [*values_at(measurement_of_value(curve_of(trial), goals), goals)]
    values = trial.intermediate_values.values()
    best = max if goals[0].direction == "maximize" else min
    return [best(values)] if values else []
