"""Grid and brute force: the values that they try, and how many configurations there are."""

from collections.abc import Mapping, Sequence

from hpsearch.common.errors import UserError
from hpsearch.common.trial import Value
from hpsearch.experiment.schema import Experiment
from hpsearch.experiment.space import (
    CategoricalParameter,
    Parameter,
    Space,
    as_list,
    count_values,
    in_order,
    same,
)
from hpsearch.experiment.steps import all_values
from hpsearch.strategies import faults
from hpsearch.strategies.distributions import to_optuna

KINDS = ("grid", "brute_force")

MOST_VALUES = 100_000
"""Values of one parameter: Optuna lists them at each proposal."""

MOST_CONFIGURATIONS = 1_000_000
"""Configurations of a grid: Optuna holds all of them in memory."""


def count_configurations(experiment: Experiment) -> int | None:
    """Return how many different trials grid or brute force have, None for the other samplers."""
    if experiment.sampler.type not in KINDS:
        return None
    return _count(experiment.space, {}, in_order(experiment.space))


def refuse_what_has_no_end(experiment: Experiment) -> None:
    """Raise UserError if the space has more than grid or brute force can go through."""
    kind = experiment.sampler.type
    if kind not in KINDS:
        return
    problems = [
        problem
        for name, parameter in experiment.space.items()
        if (problem := _why_unfit(kind, name, parameter))
    ]
    if not problems and kind == "grid":
        configurations = count_configurations(experiment) or 0
        if configurations > MOST_CONFIGURATIONS:
            problems = [f"it has {configurations:,} configurations; {MOST_CONFIGURATIONS:,} fit."]
    if problems:
        raise UserError(*(faults.space_unfit_for_sampler(kind, one) for one in problems))


def grid_values(parameter: Parameter) -> Sequence[Value]:
    """Return all values of a parameter, as Optuna has them."""
    if isinstance(parameter, CategoricalParameter):
        return [to_optuna(parameter, choice) for choice in parameter.choices]
    if parameter.step is None:
        return [parameter.low]  # a float whose bounds are one
    return all_values(parameter.low, parameter.high, parameter.step)


def _why_unfit(kind: str, name: str, parameter: Parameter) -> str | None:
    if kind == "grid" and parameter.when:
        return f"`{name}` exists only under a condition; `brute_force` can do that."
    if not isinstance(parameter, CategoricalParameter) and parameter.step is None:
        return f"`{name}` is a float without `step`: there is no end to its values."
    values = count_values(parameter) or 0
    if values > MOST_VALUES:
        return f"`{name}` has {values:,} values; at most {MOST_VALUES:,} can be gone through."
    return None


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
            if not any(same(value, one) for one in found):
                found.append(value)
    return found
