"""Whether the requirements of an experiment make sense, and leave enough to search."""

from collections.abc import Iterator
from itertools import islice
from math import prod
from typing import TYPE_CHECKING

from hpsearch.common.errors import did_you_mean
from hpsearch.common.text import written
from hpsearch.experiment.condition import is_number
from hpsearch.experiment.derived import not_numbers
from hpsearch.experiment.draws import MOST_DRAWS, Draws, each_configuration
from hpsearch.experiment.formula import is_formula
from hpsearch.experiment.misfit import Misfit
from hpsearch.experiment.parameter import Categorical
from hpsearch.experiment.requirement import Requirement, parse_requirement
from hpsearch.experiment.values import count_values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hpsearch.common.trial import Value
    from hpsearch.experiment.schema import Experiment

LEAST = 10
"""So many of `MOST_DRAWS` configurations must be allowed: a proposal is found then."""

LISTED = 2_000
"""A space of so many configurations is looked through completely."""

COMPLETIONS = 1_000
"""Configurations that are drawn to complete a suggestion."""


def requirement_problems(experiment: "Experiment") -> list[str]:
    """Return what is wrong with the requirements, each as `what; fix`."""
    problems: list[str] = []
    for index, text in enumerate(experiment.parameter_constraints):
        where = f"`parameter_constraints.{index}`"
        try:
            found = [*_name_problems(experiment, parse_requirement(text))]
        except ValueError as error:
            found = [str(error)]
        problems += [f"{where} {problem}" for problem in found]
    return problems or [*_too_few(experiment)]


def completion_misfit(experiment: "Experiment", params: "Mapping[str, Value]") -> list[Misfit]:
    """Return why a suggestion can never be completed so that the requirements hold."""
    if not experiment.parameter_constraints:
        return []
    if broken := experiment.broken(params):
        what = "it violates `parameter_constraints`"
        return [Misfit(what, f"it has to keep {_listed(broken)}", "change one of these values.")]
    if next(Draws(experiment, 0).allowed(params, COMPLETIONS), None) is None:
        texts = _listed(experiment.parameter_constraints)
        why = f"no values of the others were found that keep {texts}"
        return [Misfit("it cannot be completed", why, "suggest other values, or more.")]
    return []


def _name_problems(experiment: "Experiment", one: Requirement) -> Iterator[str]:
    known = [*experiment.params, *experiment.space]
    for name in one.names:
        if name not in known:
            yield f"names `{name}`, {_hint(experiment, name, known)}"
            continue
        if name in one.flags and not _may_be(experiment, name, True):
            yield (
                f"has `{name}` alone, which is no comparison, as it is never true; compare it, "
                f"such as `{name} > 0`"
            )
        for value in (each for own, each in one.values if own == name):
            if not _may_be_compared(experiment, name, value):
                yield (
                    f"compares `{name}`, which is a number, with {written(value)}; compare it "
                    "with a number"
                )
        if name in one.numbers:
            for value in not_numbers(experiment, name):
                yield (
                    f"calculates with `{name}`, which can be {written(value)}; use numbers alone, "
                    "or compare with `==` or `in`"
                )


def _may_be(experiment: "Experiment", name: str, value: object) -> bool:
    """Return whether a hyperparameter may have this very value; a formula may have any."""
    parameter, fixed = experiment.space.get(name), experiment.params.get(name)
    if parameter is None:
        return is_formula(fixed) or fixed is value
    return isinstance(parameter, Categorical) and any(one is value for one in parameter.values)


def _may_be_compared(experiment: "Experiment", name: str, value: object) -> bool:
    parameter = experiment.space.get(name)
    return parameter is None or isinstance(parameter, Categorical) or is_number(value)


def _hint(experiment: "Experiment", name: str, known: list[str]) -> str:
    if name in experiment.space.lists:
        return f"which is a list; name an item of it, such as `${{{name}.0}}`"
    if name in experiment.constraints or name in {one.metric for one in experiment.objective}:
        return f"which is a metric; write `constraints: {{{name}: {{at_most: 1}}}}` for its bounds"
    hint = did_you_mean(name, known).rstrip("?.")
    return f"which is in neither `params` nor `space`; {hint}"


def _too_few(experiment: "Experiment") -> Iterator[str]:
    """Find requirements that leave nothing, or so little that proposals would rarely keep them."""
    if not experiment.parameter_constraints:
        return
    counts = [count_values(one) for one in experiment.space.values()]
    listed = prod(one or LISTED + 1 for one in counts)
    fix = "change it, or the ranges of what it names"
    texts = _listed(experiment.parameter_constraints)
    if listed <= LISTED:
        if next(each_configuration(experiment), None) is None:
            yield f"`parameter_constraints` leaves nothing: no configuration keeps {texts}; {fix}"
        return
    found = len([*islice(Draws(experiment, 0).allowed({}), LEAST)])
    if found < LEAST:
        many = "none" if found == 0 else f"only {found}"
        yield (
            f"`parameter_constraints` leaves too little: {many} of {MOST_DRAWS:,} configurations "
            f"drawn at random keeps {texts}; {fix}, so that more of the space is allowed"
        )


def _listed(texts: list[str]) -> str:
    return " and ".join(f"`{one}`" for one in texts)
