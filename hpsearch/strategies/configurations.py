"""How many configurations a space has, for the samplers that try each of them once."""

from collections.abc import Mapping, Sequence

from hpsearch.common.trial import Value
from hpsearch.experiment import (
    Experiment,
    Parameter,
    Space,
    as_list,
    count_values,
    in_order,
    is_same,
)

MAX_VALUES = 100_000
"""Values of one parameter: Optuna lists them at each proposal."""


def count_configurations(experiment: Experiment) -> int:
    """Return how many different trials a space has; the values of each parameter can be listed."""
    return _count(experiment.space, {}, in_order(experiment.space))


def why_not_listable(name: str, parameter: Parameter) -> str | None:
    """Return why the values of a parameter cannot be tried one after the other."""
    values = count_values(parameter)
    if values is None:
        return f"`{name}` is a float without `step`: there is no end to its values."
    if values > MAX_VALUES:
        return f"`{name}` has {values:,} values; at most {MAX_VALUES:,} can be tried one by one."
    return None


class _Other:
    """Stands for all values of a parent that no condition names."""


def _count(space: Space, params: Mapping[str, object], names: Sequence[str]) -> int:
    """Count configurations depth first; values that no condition names are counted at once."""
    if not names:
        return 1
    name, rest = names[0], names[1:]
    if not space[name].exists(params):  # type: ignore[arg-type]
        return _count(space, params, rest)
    named = _named_values(space, name, rest)
    others = (count_values(space[name]) or 1) - len(named)
    total = sum(_count(space, {**params, name: value}, rest) for value in named)
    return total + (others * _count(space, {**params, name: _Other()}, rest) if others else 0)


def _named_values(space: Space, parent: str, names: Sequence[str]) -> list[Value]:
    """Return the values of a parent, each once, that the conditions of these parameters name."""
    found: list[Value] = []
    for name in names:
        for value in as_list(space[name].when.get(parent, [])):
            if not any(is_same(value, one) for one in found):
                found.append(value)
    return found
