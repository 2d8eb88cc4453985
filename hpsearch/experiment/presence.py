"""When a trial has a hyperparameter, and whether it can have one without another."""

from functools import cache
from typing import TYPE_CHECKING, Any

from hpsearch.experiment.condition import all_of
from hpsearch.experiment.existence import Undecided, find_values
from hpsearch.experiment.parameter import Categorical

if TYPE_CHECKING:
    from hpsearch.experiment.schema import Experiment

QUESTION = "?"
"""The name of a parameter that exists only in the question."""


def presence(experiment: "Experiment", name: str) -> dict[str, Any]:
    """Return the condition under which a trial has a hyperparameter; empty: every trial has it."""
    if name in experiment.space.lists:
        one = experiment.space.lists[name]
        length = presence(experiment, one.length) if isinstance(one.length, str) else {}
        return all_of(one.when, length)
    if name in experiment.formulas:
        return all_of(*(presence(experiment, one) for one in experiment.formulas[name].names))
    return dict(experiment.space[name].when) if name in experiment.space else {}


def found_without(experiment: "Experiment") -> dict[str, list[str]]:
    """Return, for each hyperparameter that not every trial has, the others that can be without it.

    Only those of the same group are looked at.
    """
    names = [*experiment.params, *experiment.space.written]
    when = {name: presence(experiment, name) for name in names}

    @cache
    def can_differ(one: str, other: str) -> bool:
        return _can_hold(experiment, {"all": [when[one], {"not": when[other]}]})

    def beside(name: str) -> list[str]:
        head, dot, _ = name.partition(".")
        return [one for one in names if dot and one.startswith(f"{head}.")]

    return {
        name: [one for one in beside(name) if can_differ(one, name)] for name in names if when[name]
    }


def _can_hold(experiment: "Experiment", when: dict[str, Any]) -> bool:
    """Return whether a condition holds for some values; False if that is hard to tell."""
    space = {**experiment.space, QUESTION: Categorical([True], when=when)}
    try:
        return find_values(space, [QUESTION], {}) is not None
    except Undecided:
        return False
