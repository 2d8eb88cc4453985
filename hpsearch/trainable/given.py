"""What an experiment gives its trainable: every hyperparameter, with values that represent all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hpsearch.experiment import Experiment, Parameter

MOST_INTEGERS = 100
"""How many values of a range are checked one by one; no Literal or enum has more in a row."""

BETWEEN = 0.382
"""Where between two bounds a third value is checked; a round number might be in a Literal."""


@dataclass(frozen=True)
class Given:
    """The hyperparameters of an experiment by their place, with values that represent all.

    `when` has the conditions of those that not every trial has, with those of the ones they
    depend on.
    """

    values: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    when: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, experiment: "Experiment") -> "Given":
        """Return what an experiment gives."""
        values: dict[str, Sequence[Any]] = {
            f"params.{name}": (value,) for name, value in experiment.params.items()
        }
        values |= {f"space.{name}": _proposed(p) for name, p in experiment.space.items()}
        return cls(values, _conditions(experiment))

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The place of each hyperparameter by its full name."""
        return {where.partition(".")[2]: where for where in self.values}

    def is_always(self, name: str) -> bool:
        """Return whether every trial has it."""
        return name in self.names and name not in self.when


def _proposed(parameter: "Parameter") -> Sequence[Any]:
    """Return values that a trial can get: the bounds, and enough between them to find a gap."""
    if parameter.type == "categorical":
        return parameter.values
    low, high = parameter.low, parameter.high
    if parameter.type == "int":
        return (*range(parameter.low, parameter.high, parameter.step)[:MOST_INTEGERS], high)
    return (low, high, *((low + (high - low) * BETWEEN,) if low < high else ()))


def _conditions(experiment: "Experiment") -> dict[str, Mapping[str, Any]]:
    """Return the conditions of each hyperparameter that has some, and of those it depends on."""
    from hpsearch.experiment import in_order

    found: dict[str, Mapping[str, Any]] = {}
    for name in in_order(experiment.space):
        own = experiment.space[name].when
        if own:
            found[name] = {k: v for one in own for k, v in found.get(one, {}).items()} | own
    return found


def is_implied(when: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether these conditions surely hold if the other ones do."""
    return all(
        name in other and all(one in _as_list(wanted) for one in _as_list(other[name]))
        for name, wanted in when.items()
    )


def _as_list(wanted: Any) -> list[Any]:
    return wanted if isinstance(wanted, list) else [wanted]
