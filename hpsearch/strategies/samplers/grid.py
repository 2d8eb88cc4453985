"""Every combination once, conditional hyperparameters included.

Optuna's own knows no conditions; a space that has some is listed by us, see `allowed.py`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from hpsearch.common.errors import Fault
from hpsearch.common.trial import Value
from hpsearch.experiment import Categorical, Experiment, Parameter, all_values
from hpsearch.strategies import faults
from hpsearch.strategies.configurations import (
    MAX_LISTED,
    count_configurations,
    has_conditions,
    why_not_listable,
    why_too_many,
)
from hpsearch.strategies.kind import SamplerKind
from hpsearch.strategies.optuna_sampler import OptunaSampler

MAX_CONFIGURATIONS = 1_000_000
"""Optuna holds all of them in memory."""


def _misfits(experiment: Experiment) -> list[Fault]:
    problems = [
        problem
        for name, parameter in experiment.space.items()
        if (problem := why_not_listable(name, parameter))
    ]
    if not problems and (too_many := why_too_many(experiment)):
        problems = [too_many]
    most = MAX_LISTED if has_conditions(experiment) else MAX_CONFIGURATIONS
    if not problems and (number := count_configurations(experiment)) > most:
        problems = [f"it has {number:,} configurations; {most:,} fit."]
    return [faults.space_unfit_for_sampler("grid", problem) for problem in problems]


def _search_space(experiment: Experiment) -> Mapping[str, Any]:
    always = {name: one for name, one in experiment.space.items() if not one.when}
    return {"search_space": {name: _grid_values(one) for name, one in always.items()}}


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
