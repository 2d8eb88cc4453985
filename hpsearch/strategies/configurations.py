"""How many configurations a space has, for the samplers that try each of them once."""

import math
from collections.abc import Mapping, Sequence

from hpsearch.common.trial import Value
from hpsearch.experiment import (
    Experiment,
    Parameter,
    Space,
    cells,
    count_values,
    each_configuration,
    each_test,
    in_order,
    wanted_of,
)

MAX_VALUES = 100_000
"""Values of one parameter: Optuna lists them at each proposal."""

MAX_LISTED = 100_000
"""Configurations that are looked at one by one, in a few seconds."""


def count_configurations(experiment: Experiment) -> int:
    """Return how many different trials a space has; the values of each parameter can be listed."""
    if experiment.parameter_constraints and why_too_many(experiment) is None:
        return sum(1 for _ in each_configuration(experiment))
    return _count_all(experiment.space)


def has_conditions(experiment: Experiment) -> bool:
    """Return whether some hyperparameter exists in some trials alone."""
    return any(one.when for one in experiment.space.values())


def why_too_many(experiment: Experiment) -> str | None:
    """Return why `parameter_constraints` cannot be applied to each configuration."""
    number = _count_all(experiment.space)
    if not experiment.parameter_constraints or number <= MAX_LISTED:
        return None
    most = f"with `parameter_constraints` at most {MAX_LISTED:,} are looked through"
    return f"it has {number:,} configurations; {most}."


def _count_all(space: Space) -> int:
    return math.prod(_count(space, {}, names) for names in _connected(space))


def _connected(space: Space) -> list[list[str]]:
    """Return the names in groups that no condition connects, each in order."""
    groups: list[list[str]] = []
    for name in in_order(space):
        parents = {parent for parent, _ in each_test(space[name].when)}
        apart = [group for group in groups if parents.isdisjoint(group)]
        joined = [one for group in groups if not parents.isdisjoint(group) for one in group]
        groups = [*apart, [*joined, name]]
    return groups


def why_not_listable(name: str, parameter: Parameter) -> str | None:
    """Return why the values of a parameter cannot be tried one after the other."""
    values = count_values(parameter)
    if values is None:
        return f"`{name}` is a float without `step`: there is no end to its values."
    if values > MAX_VALUES:
        return f"`{name}` has {values:,} values; at most {MAX_VALUES:,} can be tried one by one."
    return None


def _count(space: Space, params: Mapping[str, Value], names: Sequence[str]) -> int:
    """Count configurations depth first; values that no condition tells apart, at once."""
    if not names:
        return 1
    name, rest = names[0], names[1:]
    if not space[name].exists(params):
        return _count(space, params, rest)
    tests = wanted_of(space, name, rest)
    if not tests:
        return (count_values(space[name]) or 1) * _count(space, params, rest)
    return sum(
        (cell.count or 1) * _count(space, {**params, name: cell.value}, rest)
        for cell in cells(space[name], tests)
    )
