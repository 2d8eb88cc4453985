"""Every combination once, in a space without conditions."""

from collections.abc import Mapping, Sequence
from typing import Any

from hpsearch.common.errors import Fault
from hpsearch.common.trial import Value
from hpsearch.experiment import Categorical, Experiment, Parameter, all_values
from hpsearch.strategies import faults
from hpsearch.strategies.configurations import (
    count_configurations,
    why_not_listable,
    why_too_many,
)
from hpsearch.strategies.kind import SamplerKind
from hpsearch.strategies.optuna_sampler import OptunaSampler

MAX_CONFIGURATIONS = 1_000_000
"""Optuna holds all of them in memory."""


def _misfits(experiment: Experiment) -> list[Fault]:
    if conditional := [name for name, one in experiment.space.items() if one.when]:
        return [faults.grid_with_conditions(conditional)]
    problems = [
        problem
        for name, parameter in experiment.space.items()
        if (problem := why_not_listable(name, parameter))
    ]
    if not problems and (too_many := why_too_many(experiment)):
        problems = [too_many]
    if not problems and (number := count_configurations(experiment)) > MAX_CONFIGURATIONS:
        problems = [f"it has {number:,} configurations; {MAX_CONFIGURATIONS:,} fit."]
    return [faults.space_unfit_for_sampler("grid", problem) for problem in problems]


def _search_space(experiment: Experiment) -> Mapping[str, Any]:
    return {"search_space": {n: _grid_values(p) for n, p in experiment.space.items()}}


def _grid_values(parameter: Parameter) -> Sequence[Value]:
    """Return all values of a parameter, as Optuna has them."""
    from hpsearch.strategies.distributions import to_optuna  # it imports Optuna

    if isinstance(parameter, Categorical):
        return [to_optuna(parameter, choice) for choice in parameter.labels]
    step = parameter.step or 1  # a float has one, or is a misfit
    return all_values(parameter.low, parameter.high, step)


SAMPLER: SamplerKind = OptunaSampler(
    "grid",
    "Grid",
    module="hpsearch.strategies.grid_sampler",
    misfits=_misfits,
    derived=_search_space,
    configurations=count_configurations,
)
