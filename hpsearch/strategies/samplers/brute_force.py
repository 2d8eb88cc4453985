"""Every combination once, conditional hyperparameters included."""

from hpsearch.common.errors import Fault
from hpsearch.experiment import Experiment
from hpsearch.strategies import faults
from hpsearch.strategies.configurations import (
    count_configurations,
    why_not_listable,
    why_too_many,
)
from hpsearch.strategies.kind import SamplerKind
from hpsearch.strategies.optuna_sampler import OptunaSampler


def _misfits(experiment: Experiment) -> list[Fault]:
    problems = [
        problem
        for name, parameter in experiment.space.items()
        if (problem := why_not_listable(name, parameter))
    ]
    if not problems and (too_many := why_too_many(experiment)):
        problems = [too_many]
    return [faults.space_unfit_for_sampler("brute_force", problem) for problem in problems]


SAMPLER: SamplerKind = OptunaSampler(
    "brute_force",
    "BruteForceSampler",
    misfits=_misfits,
    configurations=count_configurations,
)
