"""Whether a suggestion can be tried in a space, and in which of the space's own values.

A parameter under a condition implies the values that the condition needs.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hpsearch.common.errors import did_you_mean
from hpsearch.common.text import shortened, written
from hpsearch.common.trial import Value
from hpsearch.experiment.conditions import Needs, narrow
from hpsearch.experiment.description import describe_parameter
from hpsearch.experiment.nesting import full_names
from hpsearch.experiment.parameter import Categorical, Float, Parameter
from hpsearch.experiment.scalar import as_list, is_same
from hpsearch.experiment.space import Space, in_order
from hpsearch.experiment.steps import nearest_value
from hpsearch.experiment.values import own_values

if TYPE_CHECKING:
    from hpsearch.experiment.schema import Experiment

ROUNDING = 1e-9
"""The share of a step by which a float can be off: 3 * 0.1 is not 0.3."""


@dataclass(frozen=True)
class Misfit:
    """One reason why a suggestion cannot be tried, in the parts of a fault."""

    what: str
    why: str
    fix: str

    def __str__(self) -> str:
        return f"{self.what}: {self.why}"


def fit_suggestion(
    experiment: "Experiment", given: Mapping[str, Any]
) -> tuple[dict[str, Value], list[Misfit]]:
    """Return the suggestion in the space's own values, and everything that is wrong with it.

    Fixed params with their fixed values are ignored, so that all params of a trial can be suggested
    again.
    """
    space, fixed = experiment.space, experiment.params
    given = full_names(given, [*space, *fixed])
    given = {n: v for n, v in given.items() if n not in fixed or not is_same(fixed[n], v)} or given
    if not given:
        return {}, [
            Misfit("a suggestion is empty", "it names no hyperparameter", "name at least one.")
        ]
    misfits = [_unknown_name(experiment, str(name)) for name in given if name not in space]
    params: dict[str, Value] = {}
    for name in in_order(space):
        if name in given:
            own = _own_values(space[name], given[name])
            misfits += [] if own else [_wrong_value(name, space[name], given[name])]
            params |= {name: own[0]} if own else {}
    needs = _needs(space, {name for name in given if name in space})
    misfits += _contradictions(space, params, needs)
    implied = {name: values[0] for name, values in needs.items() if values and name not in given}
    return {**params, **implied}, misfits


def _own_values(parameter: Parameter, value: Any) -> list[Value]:
    """Return the parameter's value that is meant; none if it has no such value."""
    if isinstance(parameter, Categorical):
        return own_values(parameter, value)
    if not _is_number(value):
        return []
    is_float = isinstance(parameter, Float)
    slack = ROUNDING * (parameter.step or 0) if is_float else 0
    if not parameter.low - slack <= value <= parameter.high + slack:
        return []
    own = nearest_value(parameter.low, parameter.high, parameter.step, value)
    if abs(own - value) > slack:
        return []
    return [float(own) if is_float else own]


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return isinstance(value, int) or math.isfinite(value)


def _unknown_name(experiment: "Experiment", name: str) -> Misfit:
    if name in experiment.params:
        why, fix = "it is in `params`, the same in every trial", f"leave `{name}` out."
        return Misfit(f"`{name}` is fixed", why, fix)
    fix = did_you_mean(name, experiment.space)
    return Misfit(f"`{name}` is not searched", "`space` has no such hyperparameter", fix)


def _wrong_value(name: str, parameter: Parameter, value: Any) -> Misfit:
    kind = describe_parameter(parameter.model_copy(update={"when": {}}))
    return Misfit(f"`{name}` is {shortened(value)}", f"it must be {kind}", _fix(parameter, value))


def _fix(parameter: Parameter, value: Any) -> str:
    """Return the nearest value."""
    if isinstance(parameter, Categorical):
        texts = [one for one in parameter.labels if isinstance(one, str)]
        is_text = isinstance(value, str) and len(texts) == len(parameter.labels)
        return did_you_mean(str(value), texts) if is_text else "use one of these."
    if not _is_number(value):
        return "give a number in that range."
    nearest = nearest_value(parameter.low, parameter.high, parameter.step, value)
    return f"use the nearest value, {written(nearest)}."


def _needs(space: Space, names: set[str]) -> Needs:
    """Return the values that ancestors must have for these parameters to exist."""
    needs: Needs = {}
    for name in reversed(in_order(space)):
        if name in names or name in needs:
            narrow(needs, {p: as_list(wanted) for p, wanted in space[name].when.items()})
    return needs


def _contradictions(space: Space, params: Mapping[str, Value], needs: Needs) -> Iterator[Misfit]:
    """Find conditions that do not hold for the given values, or not all together."""
    for name in [one for one in in_order(space) if one in params or one in needs]:
        for parent, wanted in space[name].when.items():
            allowed = as_list(wanted)
            if parent in params and not any(is_same(params[parent], one) for one in allowed):
                options = " or ".join(map(written, allowed))
                yield Misfit(
                    f"`{parent}` is {written(params[parent])}",
                    f"`{name}` exists only if `{parent}` is {options}",
                    f"leave `{name}` out, or change `{parent}`.",
                )
    for parent, values in needs.items():
        if not values and parent not in params:
            yield Misfit(
                "a suggestion contradicts itself",
                f"its hyperparameters need different values of `{parent}`",
                f"leave out those that cannot exist together, or give `{parent}`.",
            )
