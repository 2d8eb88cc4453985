"""What trials can give of a group: which of its hyperparameters, and which choices."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from hpsearch.common.trial import Value
from hpsearch.experiment.cells import cells, wanted_of
from hpsearch.experiment.existence import with_ancestors
from hpsearch.experiment.formula import Incomputable
from hpsearch.experiment.parameter import Categorical

if TYPE_CHECKING:
    from hpsearch.experiment.schema import Experiment

MOST = 1_000
"""Configurations that are looked at for each choice."""


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
    """Yield configurations of what the names below depend on, with each of their choices."""
    space, formulas = experiment.space, experiment.formulas
    wanted = {name for name in (*space, *formulas) if name.startswith(below)}
    for name in reversed([*formulas]):  # each after those that it names
        wanted |= {*formulas[name].names} if name in wanted else set()
    order = with_ancestors(space, wanted & space.keys())
    yield from islice(_walk(experiment, order, {}, {}), MOST)
    for name in order:
        parameter = space[name]
        if name.startswith(below) and isinstance(parameter, Categorical):
            for label in parameter.labels[1:]:
                yield from islice(_walk(experiment, order, {name: label}, {}), MOST)


def _walk(
    experiment: "Experiment",
    order: Sequence[str],
    chosen: Mapping[str, Value],
    found: dict[str, Value],
) -> Iterator[dict[str, Value]]:
    """Yield configurations depth first; of values that no condition tells apart, one."""
    if not order:
        yield found
        return
    name, *rest = order
    parameter = experiment.space[name]
    if not parameter.exists(found):
        yield from _walk(experiment, rest, chosen, found)
        return
    tests = wanted_of(experiment.space, name, rest)
    values = [one.value for one in cells(parameter, tests)]
    if name in chosen:
        values = [chosen[name]]
    elif not tests:
        values = values[:1]
    for value in values:
        yield from _walk(experiment, rest, chosen, {**found, name: value})
