"""A sampler that sees what running trials have reported, and what stopped trials had reached.

Optuna's TPE counts every running trial as a bad one (`constant_liar`), so that proposals keep away
from each other; with asha the running ones are the best. Its GP and CMA-ES see no stopped trial at
all. Here a trial that has reported counts as complete, with its best value so far, whether it runs,
is paused, or was stopped. One that has reported nothing is as Optuna has it.
"""

import copy
from functools import partial
from typing import Any

from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from hpsearch.strategies.study_view import Shown, StudyView

Space = dict[str, BaseDistribution]


class LiveSampler(BaseSampler):
    """Wraps one of Optuna's samplers; each `random_every`-th proposal is random, if it is given."""

    def __init__(self, sampler: BaseSampler, random_every: int | None = None) -> None:
        self._sampler = sampler
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
        show = partial(as_complete, direction=study.directions[0])
        return StudyView(study, show, self._known)

    def _of(self, trial: FrozenTrial) -> BaseSampler:
        every = self._random_every
        is_random = every is not None and trial.number % every == every - 1
        return self._random if is_random else self._sampler


def as_complete(trial: FrozenTrial, direction: StudyDirection) -> FrozenTrial:
    """Return a running or pruned trial that has reported as one that is complete."""
    values = trial.intermediate_values.values()
    if trial.state not in (TrialState.RUNNING, TrialState.PRUNED) or not values:
        return trial
    seen = copy.copy(trial)
    seen.state = TrialState.COMPLETE
    seen.values = [max(values) if direction is StudyDirection.MAXIMIZE else min(values)]
    return seen
