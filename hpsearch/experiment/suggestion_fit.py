"""Whether a suggestion can be tried in a space, and in which of the space's own values.

A parameter under a condition implies the values that the condition needs.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hpsearch.common.errors import did_you_mean
from hpsearch.common.text import shortened, written
from hpsearch.common.trial import Value
from hpsearch.experiment.condition import each_test, holds, is_finite, is_number
from hpsearch.experiment.description import describe_condition, describe_parameter
from hpsearch.experiment.existence import (
    Undecided,
    blocked_by,
    existence,
    find_values,
    look_up,
    with_ancestors,
)
from hpsearch.experiment.fixed import is_fixed_as
from hpsearch.experiment.misfit import Misfit
from hpsearch.experiment.nesting import full_names
from hpsearch.experiment.parameter import Categorical, Float, Parameter
from hpsearch.experiment.requirements import completion_misfit
from hpsearch.experiment.scalar import is_same
from hpsearch.experiment.space import Space, in_order
from hpsearch.experiment.steps import nearest_value
from hpsearch.experiment.suggested_lists import without_lists
from hpsearch.experiment.values import own_values

if TYPE_CHECKING:
    from hpsearch.experiment.schema import Experiment

ROUNDING = 1e-9
"""The share of a step by which a float can be off: 3 * 0.1 is not 0.3."""


def fit_suggestion(
    experiment: "Experiment", given: Mapping[str, Any]
) -> tuple[dict[str, Value], list[Misfit]]:
    """Return the suggestion in the space's own values, and everything that is wrong with it.

    Fixed and derived params are ignored if their values are the right ones, so that all params of a
    trial can be suggested again.
    """
    space, fixed = experiment.space, experiment.params
    given, in_lists = without_lists(space, full_names(given, [*space, *space.lists, *fixed]))
    fitting = {n for n, v in given.items() if n in fixed and is_fixed_as(fixed[n], v)}
    given = {n: v for n, v in given.items() if n not in fitting} or given
    if not (given or in_lists):
        why, fix = "it names no hyperparameter", "name at least one."
        return {}, [Misfit("it is empty", why, fix)]
    known = space.keys() | experiment.formulas.keys()
    misfits = [_unknown_name(experiment, str(name)) for name in given if name not in known]
    params: dict[str, Value] = {}
    for name in in_order(space):
        if name in given:
            own = fitting_values(space[name], given[name])
            misfits += [] if own else [wrong_value(name, space[name], given[name])]
            params |= {name: own[0]} if own else {}
    found, contradictions = _complete(space, params, [name for name in given if name in space])
    misfits = [*in_lists, *misfits, *contradictions, *_other_derived(experiment, given, found)]
    return found, misfits or completion_misfit(experiment, found)


def _other_derived(
    experiment: "Experiment", given: Mapping[str, Any], params: Mapping[str, Value]
) -> Iterator[Misfit]:
    """Find derived hyperparameters that are given as another value than their formula has."""
    recorded = experiment.recorded(params)
    for name, formula in experiment.formulas.items():
        if name in given and not (name in recorded and _is_equal(recorded[name], given[name])):
            why = f"it is what `{formula.text}` comes to"
            yield Misfit(f"`{name}` is derived", why, f"leave `{name}` out.")


def _is_equal(one: Value, other: Any) -> bool:
    return is_same(one, other) or (is_number(one) and is_number(other) and one == other)


def fitting_values(parameter: Parameter, value: Any) -> list[Value]:
    """Return the parameter's value that is meant; none if it has no such value."""
    if isinstance(parameter, Categorical):
        return own_values(parameter, value)
    if not is_finite(value):
        return []
    is_float = isinstance(parameter, Float)
    slack = ROUNDING * (parameter.step or 0) if is_float else 0
    if not parameter.low - slack <= value <= parameter.high + slack:
        return []
    own = nearest_value(parameter.low, parameter.high, parameter.step, value)
    if abs(own - value) > slack:
        return []
    return [float(own) if is_float else own]


def _unknown_name(experiment: "Experiment", name: str) -> Misfit:
    if name in experiment.params:
        why, fix = "it is in `params`, the same in every trial", f"leave `{name}` out."
        return Misfit(f"`{name}` is fixed", why, fix)
    fix = did_you_mean(name, experiment.space)
    return Misfit(f"`{name}` is not searched", "`space` has no such hyperparameter", fix)


def wrong_value(name: str, parameter: Parameter, value: Any) -> Misfit:
    kind = describe_parameter(parameter.model_copy(update={"when": {}, "prior": None}))
    return Misfit(f"`{name}` is {shortened(value)}", f"it must be {kind}", _fix(parameter, value))


def _fix(parameter: Parameter, value: Any) -> str:
    """Return the nearest value."""
    if isinstance(parameter, Categorical):
        texts = [one for one in parameter.labels if isinstance(one, str)]
        is_text = isinstance(value, str) and len(texts) == len(parameter.labels)
        return did_you_mean(str(value), texts) if is_text else "use one of these."
    if not is_finite(value):
        return "give a number in that range."
    nearest = nearest_value(parameter.low, parameter.high, parameter.step, value)
    return f"use the nearest value, {written(nearest)}."


def _complete(
    space: Space, params: Mapping[str, Value], names: Sequence[str]
) -> tuple[dict[str, Value], list[Misfit]]:
    """Return the params and those that they imply, or why they cannot exist together."""
    absent = [*_absent(space, params, names)]
    if absent:
        return dict(params), absent
    try:
        found = find_values(space, names, params)
    except Undecided:
        why = "it takes too long to find the values that its hyperparameters depend on"
        return dict(params), [Misfit("it is incomplete", why, "give those values, too.")]
    if found is not None:
        return found, []
    conflict = blocked_by(space, names, params)
    why = "its hyperparameters cannot exist together"
    if conflict is not None:
        why = f"its hyperparameters need different values of `{conflict}`"
    fix = "leave out those that cannot exist together, or give the values that they depend on."
    return dict(params), [Misfit("it contradicts itself", why, fix)]


def _absent(space: Space, params: Mapping[str, Value], names: Sequence[str]) -> Iterator[Misfit]:
    """Find what cannot exist with the values that are given, each condition once."""
    order = with_ancestors(space, names)
    states = existence(space, params, order)
    needed = {*names}
    for name in reversed(order):
        if name not in needed or states[name] is not False:
            continue
        for key, wanted in space[name].when.items():
            if holds({key: wanted}, look_up(params, states)) is not False:
                continue
            if key in space and key not in params:
                needed.add(key)  # it cannot exist itself, which is reported
            else:
                yield _misfit(params, name, {key: wanted})


def _misfit(params: Mapping[str, Value], name: str, part: Mapping[str, Any]) -> Misfit:
    parents = [parent for parent, _ in each_test(part) if parent in params]
    values = " and ".join(f"`{one}` is {written(params[one])}" for one in dict.fromkeys(parents))
    why = f"`{name}` exists only if {describe_condition(part, mark='`')}"
    change = " or ".join(f"`{one}`" for one in dict.fromkeys(parents))
    return Misfit(values, why, f"leave `{name}` out, or change {change}.")
