"""What an experiment gives its trainable: every hyperparameter, with values that represent all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hpsearch.experiment import Experiment, Formula, List, Parameter

MOST_INTEGERS = 100
"""How many values of a range are checked one by one; no Literal or enum has more in a row."""

BETWEEN = 0.382
"""Where between two bounds a third value is checked; a round number might be in a Literal."""


@dataclass(frozen=True)
class Given:
    """The hyperparameters of an experiment by their place, with values that represent all.

    `sometimes` has those that not every trial has, each with the others of its group that a trial
    can have without it. `shapes` has what trials give of each group.
    """

    values: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    sometimes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    shapes: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)

    @classmethod
    def of(cls, experiment: "Experiment") -> "Given":
        """Return what an experiment gives."""
        from hpsearch.experiment import found_without, shapes_of_groups

        fixed = {n: (v,) for n, v in experiment.params.items() if n not in experiment.formulas}
        searched = {n: _values(experiment, one) for n, one in experiment.space.written.items()}
        derived = _derived(experiment.formulas, {**fixed, **searched})
        values = {f"params.{name}": some for name, some in {**fixed, **derived}.items()}
        values |= {f"space.{name}": some for name, some in searched.items()}
        return cls(values, found_without(experiment), shapes_of_groups(experiment))

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The place of each hyperparameter by its full name."""
        return {where.partition(".")[2]: where for where in self.values}

    def is_always(self, name: str) -> bool:
        """Return whether every trial has it."""
        return name in self.names and name not in self.sometimes


def _values(experiment: "Experiment", one: "Parameter | List") -> Sequence[Any]:
    """Return values that a trial can get; of a list the shortest and the longest of each value."""
    if one.type != "list":
        return _proposed(one)
    lengths = {*experiment.space.lengths(one)}
    return [[value] * length for value in _proposed(one.of) for length in lengths]


def _derived(
    formulas: "Mapping[str, Formula]", values: Mapping[str, Sequence[Any]]
) -> dict[str, Sequence[Any]]:
    """Return values of the derived hyperparameters: for the first and the last of the others."""
    from hpsearch.experiment import computable

    found = dict(values)
    for name, formula in formulas.items():
        if formula.is_copy:
            found[name] = found.get(formula.names[0], ())
        else:
            ends = [{one: some[end] for one, some in found.items() if some} for end in (0, -1)]
            found[name] = [v for given in ends for v in computable({name: formula}, given).values()]
    return {name: found[name] for name in formulas}


def _proposed(parameter: "Parameter") -> Sequence[Any]:
    """Return values that a trial can get: the bounds, and enough between them to find a gap."""
    if parameter.type == "categorical":
        return parameter.values
    low, high = parameter.low, parameter.high
    if parameter.type == "int":
        return (*range(parameter.low, parameter.high, parameter.step)[:MOST_INTEGERS], high)
    return (low, high, *((low + (high - low) * BETWEEN,) if low < high else ()))
