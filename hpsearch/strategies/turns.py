"""The sampler that `auto` stands for in most experiments: tpe, and the forest by turns with it.

A forest is ahead where trials report curves, and behind where they have one value each; by turns
with tpe it is ahead in both. It begins when a trial has reported a second time: that follows from
the trials, so a resumed search goes on alike.
"""

from typing import Any

from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, TPESampler
from optuna.trial import FrozenTrial

from hpsearch.experiment import Experiment
from hpsearch.strategies.live import LiveSampler
from hpsearch.strategies.seeds import LaterSampler

Space = dict[str, BaseDistribution]

TPE_EVERY = 2
"""One in so many proposals is of tpe while the forest takes part."""


class TurnsSampler(BaseSampler):
    """Chooses between tpe and the forest for each proposal, by its number and the trials."""

    def __init__(self, *, experiment: Experiment, seed: int | None = None) -> None:
        self._tpe = LiveSampler(TPESampler(seed=seed), experiment.goals)
        self._forest = LaterSampler(lambda: _forest(experiment, seed))
        self._has_curves = False

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> Space:
        """Return the parameters that are proposed together."""
        return self._of(study, trial).infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: Space
    ) -> dict[str, Any]:
        """Return values for the parameters that are proposed together."""
        return self._of(study, trial).sample_relative(study, trial, search_space)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Return a value for another parameter."""
        sampler = self._of(study, trial)
        return sampler.sample_independent(study, trial, param_name, param_distribution)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Tell the sampler that a trial is proposed."""
        self._of(study, trial).before_trial(study, trial)

    def _of(self, study: Study, trial: FrozenTrial) -> BaseSampler:
        if not self._has_curves:
            trials = study._get_trials(deepcopy=False)
            self._has_curves = any(len(one.intermediate_values) > 1 for one in trials)
        is_tpe = not self._has_curves or trial.number % TPE_EVERY == 0
        return self._tpe if is_tpe else self._forest()


def _forest(experiment: Experiment, seed: int | None) -> BaseSampler:
    """It imports scikit-learn, 0.9 s: so the first trials do not wait for it, and train."""
    from hpsearch.strategies.forest.sampler import ForestSampler

    return ForestSampler(experiment=experiment, seed=seed)
