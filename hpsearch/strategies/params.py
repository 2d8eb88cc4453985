"""The hyperparameters of a trial: those proposed, those it was enqueued with, those missing."""

from collections.abc import Mapping

from optuna import Trial
from optuna.trial import FrozenTrial

from hpsearch.common.trial import Value
from hpsearch.experiment import Experiment, Space, in_order
from hpsearch.strategies.distributions import decoded, from_optuna, suggest, to_optuna

FIXED_PARAMS = "fixed_params"
"""The system attribute in which Optuna keeps the hyperparameters that a trial was enqueued with."""


def suggest_params(trial: Trial, experiment: Experiment) -> dict[str, Value]:
    """Return a trial's hyperparameters; the sampler suggests those that it does not have yet."""
    searched: dict[str, Value] = {}
    for name in in_order(experiment.space):
        parameter = experiment.space[name]
        if parameter.exists(searched):
            searched[name] = suggest(trial, name, parameter)
    return experiment.recorded(searched)


def params_of(frozen: FrozenTrial, space: Space) -> dict[str, Value]:
    """Return the hyperparameters that were proposed for a trial."""
    return {
        name: from_optuna(space[name], value) if name in space else value
        for name, value in frozen.params.items()
    }


def enqueued_params(frozen: FrozenTrial, experiment: Experiment) -> dict[str, Value]:
    """Return the searched hyperparameters that a trial was enqueued with."""
    given = frozen.system_attrs.get(FIXED_PARAMS)
    given = given if isinstance(given, dict) else {}
    space = experiment.space
    return {name: decoded(space[name], value) for name, value in given.items() if name in space}


def fixed_params(params: Mapping[str, Value], space: Space) -> dict[str, Value]:
    """Return those of the hyperparameters that are searched, as Optuna stores them."""
    return {n: to_optuna(space[n], v) for n, v in params.items() if n in space}


def is_complete(experiment: Experiment, proposed: dict[str, Value]) -> bool:
    """Return whether a trial has every hyperparameter whose condition holds."""
    return all(n in proposed for n, one in experiment.space.items() if one.exists(proposed))
