"""A sampler that proposes only what `parameter_constraints` allow, whatever the sampler within.

A proposal that they forbid is made again, a few times. A sampler that insists (a Gaussian process
whose optimum is forbidden) gets the nearest allowed one of many that are drawn at random.
"""

import copy
from itertools import islice
from typing import Any

import numpy as np
from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.samplers._lazy_random_state import LazyRandomState
from optuna.trial import FrozenTrial, TrialState

from hpsearch.common.errors import SearchFailed
from hpsearch.common.trial import Value
from hpsearch.experiment import Draws, Experiment
from hpsearch.strategies import faults
from hpsearch.strategies.configurations import has_conditions
from hpsearch.strategies.distributions import exact, from_optuna, to_optuna
from hpsearch.strategies.forest.encoding import Encoding
from hpsearch.strategies.kind import SamplerKind
from hpsearch.strategies.listed_sampler import ListedSampler
from hpsearch.strategies.params import enqueued_params

ATTEMPTS = 10
"""So often the sampler is asked for another proposal."""

DRAWN = 200
"""Allowed configurations of which the nearest is taken; a narrow space may have fewer."""


def allowed(kind: SamplerKind, experiment: Experiment) -> BaseSampler:
    """Return an experiment's sampler; one that keeps its `parameter_constraints` if it has any."""
    if kind.name == "grid" and has_conditions(experiment):
        return ListedSampler(experiment, experiment.seed)
    sampler = kind.build(experiment)
    if not experiment.parameter_constraints:
        return sampler
    if kind.configurations(experiment) is not None:
        return ListedSampler(experiment, experiment.seed)
    return AllowedSampler(sampler, experiment)


class AllowedSampler(BaseSampler):
    """Wraps a sampler; see above. Its state is that of the sampler within."""

    def __init__(self, sampler: BaseSampler, experiment: Experiment) -> None:
        self._sampler = sampler
        self._experiment = experiment
        self._encoding = Encoding(experiment)
        self._rng = LazyRandomState(0)  # reseeded for each proposal

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return the whole space, conditional parameters included."""
        return dict(self._encoding.distributions)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return an allowed proposal; raises SearchFailed if none is found."""
        if not search_space:
            return {}
        given = enqueued_params(trial, self._experiment)
        first = proposed = self._propose(study, trial, given)
        for _ in range(ATTEMPTS):
            if not self._experiment.broken(proposed):
                return self._stored(proposed)
            proposed = self._propose(study, trial, given)
        return self._stored(self._nearest(first, given))

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Return a value for another parameter."""
        return self._sampler.sample_independent(study, trial, param_name, param_distribution)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Tell the sampler that a trial is proposed."""
        self._sampler.before_trial(study, trial)

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Any) -> None:
        """Tell the sampler that a trial has ended."""
        self._sampler.after_trial(study, trial, state, values)

    def _propose(
        self, study: Study, trial: FrozenTrial, given: dict[str, Value]
    ) -> dict[str, Value]:
        """Return what the sampler proposes for a whole trial, as Optuna would ask it to."""
        inner, space = self._sampler, self._experiment.space
        relative = inner.sample_relative(
            study, trial, inner.infer_relative_search_space(study, trial)
        )
        seen, found = copy.copy(trial), dict[str, Value]()
        seen.params, seen.distributions = {}, {}
        for name, one in self._encoding.distributions.items():
            if not space[name].exists(found):
                continue
            if name in given:
                value: Any = to_optuna(space[name], given[name])
            elif name in relative and one._contains(one.to_internal_repr(relative[name])):
                value = relative[name]
            else:
                value = inner.sample_independent(study, seen, name, one)
            value = exact(one, value)
            seen.params = {**seen.params, name: value}
            seen.distributions = {**seen.distributions, name: one}
            found[name] = from_optuna(space[name], value)
        return found

    def _nearest(self, wanted: dict[str, Value], given: dict[str, Value]) -> dict[str, Value]:
        seed = int(self._rng.rng.randint(2**31 - 1))
        drawn = [*islice(Draws(self._experiment, seed).allowed(given), DRAWN)]
        if not drawn:
            raise SearchFailed(faults.nothing_allowed(self._experiment.parameter_constraints))
        rows = np.array([self._encoding.encode(self._stored(one)) for one in drawn])
        target = np.array(self._encoding.encode(self._stored(wanted)))
        apart = np.abs(rows - target)
        for column in self._encoding.categories:
            apart[:, column] = rows[:, column] != target[column]
        return drawn[int(np.argmin((apart**2).sum(axis=1)))]

    def _stored(self, params: dict[str, Value]) -> dict[str, Any]:
        return {name: to_optuna(self._experiment.space[name], one) for name, one in params.items()}
