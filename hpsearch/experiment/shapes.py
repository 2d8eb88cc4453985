"""What trials can give of a group: which of its hyperparameters, and which choices."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from hpsearch.common.trial import Value
from hpsearch.experiment.cells import cells, wanted_of
from hpsearch.experiment.existence import with_ancestors
from hpsearch.experiment.formula import Incomputable
from hpsearch.experiment.parameter import Categorical
from hpsearch.experiment.space import Space

if TYPE_CHECKING:
    from hpsearch.experiment.schema import Experiment

MOST = 100
"""Configurations that are looked at of each group."""


def shapes_of_groups(experiment: "Experiment") -> dict[str, list[dict[str, Any]]]:
    """Return what trials give of each group, by its full name: each combination of names.

    Each choice is in one of them. A number stands for all that no condition tells apart.
    """
    names = [*experiment.params, *experiment.space.written]
    groups = {".".join(n.split(".")[:size]) for n in names for size in range(1, n.count(".") + 1)}
    return {group: _shapes(experiment, f"{group}.") for group in sorted(groups)}


def _shapes(experiment: "Experiment", below: str) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for searched in _configurations(experiment, below):
        try:
            given = experiment.arguments(experiment.recorded(searched))
        except Incomputable:
            continue
        own = {n.removeprefix(below): v for n, v in given.items() if n.startswith(below)}
        found.setdefault(repr(own), own)
    return [*found.values()]


def _configurations(experiment: "Experiment", below: str) -> Iterator[dict[str, Value]]:
    """Yield configurations of what the names below depend on, and one with each of their choices.

    Of values that no condition tells apart, only the first is there otherwise.
    """
    space, formulas = experiment.space, experiment.formulas
    wanted = {name for name in (*space, *formulas) if name.startswith(below)}
    for name in reversed([*formulas]):  # each after those that it names
        wanted |= {*formulas[name].names} if name in wanted else set()
    order = with_ancestors(space, wanted & space.keys())
    values = {name: _told_apart(space, name, order) for name in order}
    yield from islice(_walk(space, values), MOST)
    for name in order:
        parameter = space[name]
        if name.startswith(below) and isinstance(parameter, Categorical):
            for label in parameter.labels[1:]:
                found = islice(_walk(space, {**values, name: [label]}), MOST)
                yield from islice((one for one in found if name in one), 1)


def _told_apart(space: Space, name: str, order: Sequence[str]) -> list[Value]:
    """Return a value of each cell that conditions tell apart."""
    tests = wanted_of(space, name, order)
    values = [one.value for one in cells(space[name], tests)]
    return values if tests else values[:1]


def _walk(space: Space, values: Mapping[str, Sequence[Value]]) -> Iterator[dict[str, Value]]:
    """Yield each configuration of these values, depth first."""
    found: list[tuple[dict[str, Value], int]] = [({}, 0)]
    names = [*values]
    while found:
        one, index = found.pop()
        while index < len(names) and not space[names[index]].exists(one):
            index += 1
        if index == len(names):
            yield one
        else:
            name = names[index]
            found += [({**one, name: value}, index + 1) for value in reversed(values[name])]
