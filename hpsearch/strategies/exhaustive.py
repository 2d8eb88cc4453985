"""Grid and brute force: the values that they try, and how many configurations there are."""

from collections.abc import Mapping, Sequence
from typing import Any

from hpsearch.common.errors import Fault
from hpsearch.common.trial import Value
from hpsearch.experiment import (
    Categorical,
    Experiment,
    Parameter,
    Space,
    all_values,
    as_list,
    count_values,
    in_order,
    is_same,
)
from hpsearch.strategies import faults
from hpsearch.strategies.samplers import OptunaSampler

MOST_VALUES = 100_000
"""Values of one parameter: Optuna lists them at each proposal."""

MOST_CONFIGURATIONS = 1_000_000
"""Configurations of a grid: Optuna holds all of them in memory."""


def count_configurations(experiment: Experiment) -> int:
    """Return how many different trials a space has; the values of each parameter can be listed."""
    return _count(experiment.space, {}, in_order(experiment.space))


def _brute_force_misfits(experiment: Experiment) -> list[Fault]:
    return [
        faults.space_unfit_for_sampler("brute_force", problem)
        for name, parameter in experiment.space.items()
        if (problem := _why_unlisted(name, parameter))
    ]


def _grid_misfits(experiment: Experiment) -> list[Fault]:
    problems = [
        problem
        for name, parameter in experiment.space.items()
        if (problem := _why_conditional(name, parameter) or _why_unlisted(name, parameter))
    ]
    if not problems and (number := count_configurations(experiment)) > MOST_CONFIGURATIONS:
        problems = [f"it has {number:,} configurations; {MOST_CONFIGURATIONS:,} fit."]
    return [faults.space_unfit_for_sampler("grid", problem) for problem in problems]


def _why_conditional(name: str, parameter: Parameter) -> str | None:
    if not parameter.when:
        return None
    return f"`{name}` exists only under a condition; `brute_force` can do that."


def _why_unlisted(name: str, parameter: Parameter) -> str | None:
    """Return why the values of a parameter cannot be tried one after the other."""
    values = count_values(parameter)
    if values is None:
        return f"`{name}` is a float without `step`: there is no end to its values."
    if values > MOST_VALUES:
        return f"`{name}` has {values:,} values; at most {MOST_VALUES:,} can be gone through."
    return None


def _grid(experiment: Experiment) -> Mapping[str, Any]:
    return {"search_space": {n: _grid_values(p) for n, p in experiment.space.items()}}


def _grid_values(parameter: Parameter) -> Sequence[Value]:
    """Return all values of a parameter, as Optuna has them."""
    from hpsearch.strategies.distributions import to_optuna  # it imports Optuna

    if isinstance(parameter, Categorical):
        return [to_optuna(parameter, choice) for choice in parameter.choices]
    step = parameter.step or 1  # a float has one, or is a misfit
    return all_values(parameter.low, parameter.high, step)


class _Other:
    """Stands for all values of a parent that no condition asks for."""


def _count(space: Space, params: Mapping[str, object], names: Sequence[str]) -> int:
    """Count configurations depth first; values that no condition names are counted at once."""
    if not names:
        return 1
    name, rest = names[0], names[1:]
    if not space[name].exists(params):  # type: ignore[arg-type]
        return _count(space, params, rest)
    asked = _asked_for(space, name, rest)
    others = (count_values(space[name]) or 1) - len(asked)
    total = sum(_count(space, {**params, name: value}, rest) for value in asked)
    return total + (others * _count(space, {**params, name: _Other()}, rest) if others else 0)


def _asked_for(space: Space, parent: str, names: Sequence[str]) -> list[Value]:
    """Return the values of a parent, each once, that the conditions of these parameters name."""
    found: list[Value] = []
    for name in names:
        for value in as_list(space[name].when.get(parent, [])):
            if not any(is_same(value, one) for one in found):
                found.append(value)
    return found


GRID = OptunaSampler(
    "grid",
    "Grid",
    module="hpsearch.strategies.grid",
    misfits=_grid_misfits,
    derived=_grid,
    configurations=count_configurations,
)
BRUTE_FORCE = OptunaSampler(
    "brute_force",
    "BruteForceSampler",
    misfits=_brute_force_misfits,
    configurations=count_configurations,
)
