"""Proposes the allowed configurations of a space, each once, in an order that follows the seed.

Grid and brute force use it if there are `parameter_constraints`: Optuna's cannot leave any out.
Grid also uses it if there are conditions, which Optuna's does not know.
"""

from random import Random
from typing import Any

from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.trial import FrozenTrial

from hpsearch.analysis.confirmation import configuration
from hpsearch.common.trial import Value
from hpsearch.experiment import Experiment, each_configuration
from hpsearch.strategies.distributions import distribution_of, to_optuna
from hpsearch.strategies.params import enqueued_params, params_of


class ListedSampler(BaseSampler):
    """Its state is what was tried."""

    def __init__(self, experiment: Experiment, seed: int) -> None:
        self._random = RandomSampler(seed=seed)
        self._space = experiment.space
        self._experiment = experiment
        self._listed = [*each_configuration(experiment)]
        Random(seed).shuffle(self._listed)  # noqa: S311 (no secret)

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return the whole space, conditional parameters included."""
        return {name: distribution_of(one) for name, one in self._space.items()}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return the first configuration that is not tried and has what is given."""
        others = (o for o in study._get_trials(deepcopy=False) if o.number != trial.number)
        tried = {configuration(params_of(one, self._space)) for one in others}
        given = enqueued_params(trial, self._experiment)
        fitting = [one for one in self._listed if given.items() <= one.items()]
        untried = (one for one in fitting if configuration(one) not in tried)
        chosen: dict[str, Value] = next(untried, fitting[0] if fitting else {})
        return {name: to_optuna(self._space[name], one) for name, one in chosen.items()}

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Return a random value, for a trial that another program enqueued outside the list."""
        return self._random.sample_independent(study, trial, param_name, param_distribution)
