"""The search space: typed parameters, and the conditions under which one exists.

A parameter with `when: {optimizer: sgd}` is proposed only where `optimizer` came out as `sgd`.
"""

import math
from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from hpsearch.common.trial import Value
from hpsearch.experiment.section import Section

Scalar = bool | int | float | str | None


class _Conditional(Section):
    when: dict[str, Scalar | list[Scalar]] = Field(default_factory=dict)
    """The values other parameters must have for this one to exist; a list means any of them."""

    def exists(self, params: Mapping[str, Value]) -> bool:
        """Return whether the parameter exists beside the values proposed so far."""
        return all(
            name in params and any(same(params[name], value) for value in as_list(wanted))
            for name, wanted in self.when.items()
        )


class FloatParameter(_Conditional):
    """A real number between `low` and `high`, both included."""

    _positional = ("low", "high")

    type: Literal["float"] = "float"
    low: float
    """The smallest value."""
    high: float
    """The largest value."""
    log: bool = False
    """Search on a logarithmic scale; needs `low` > 0."""
    step: float | None = Field(default=None, gt=0)
    """Only `low`, `low + step`, …; not together with `log`."""

    if TYPE_CHECKING:  # by position, too

        def __init__(
            self,
            low: float,
            high: float,
            *,
            log: bool = False,
            step: float | None = ...,
            when: Mapping[str, object] = ...,
        ) -> None: ...

    @model_validator(mode="after")
    def _check(self) -> Self:
        _check_bounds(self.low, self.high, self.log)
        if self.log and self.step is not None:
            raise ValueError("`step` and `log` exclude each other; take one of them out")
        return self


class IntParameter(_Conditional):
    """A whole number between `low` and `high`, both included."""

    _positional = ("low", "high")

    type: Literal["int"] = "int"
    low: int
    """The smallest value."""
    high: int
    """The largest value."""
    log: bool = False
    """Search on a logarithmic scale; needs `low` > 0."""
    step: int = Field(default=1, ge=1)
    """Only `low`, `low + step`, …; not together with `log`."""

    if TYPE_CHECKING:  # by position, too

        def __init__(
            self,
            low: int,
            high: int,
            *,
            log: bool = False,
            step: int = ...,
            when: Mapping[str, object] = ...,
        ) -> None: ...

    @model_validator(mode="after")
    def _check(self) -> Self:
        _check_bounds(self.low, self.high, self.log)
        if self.log and self.step != 1:
            raise ValueError("`step` and `log` exclude each other; take one of them out")
        return self


class CategoricalParameter(_Conditional):
    """One of a list of values, with no order between them."""

    _positional = ("choices",)

    type: Literal["categorical"] = "categorical"
    choices: list[Scalar]
    """The values to choose from; at least one, none twice."""

    if TYPE_CHECKING:  # by position, too

        def __init__(
            self, choices: Sequence[Scalar], *, when: Mapping[str, object] = ...
        ) -> None: ...

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.choices:
            raise ValueError("`choices` is empty; give at least one value")
        for index, choice in enumerate(self.choices):
            if any(same(choice, earlier) for earlier in self.choices[:index]):
                raise ValueError(f"`choices` holds {choice!r} twice; take one out")
            if isinstance(choice, float) and not math.isfinite(choice):
                raise ValueError(f"`choices` holds {choice}, which is not a finite number")
        return self


Parameter = Annotated[
    FloatParameter | IntParameter | CategoricalParameter, Field(discriminator="type")
]

Space = dict[str, Parameter]


def same(one: Value, other: Value) -> bool:
    """Return whether two values are the same, without Python's `True == 1`."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def as_list(wanted: Any) -> list[Any]:
    """Return a condition's value or values as a list."""
    return wanted if isinstance(wanted, list) else [wanted]


def in_order(space: Space) -> list[str]:
    """Return the names, each after those it depends on; raise ValueError on a circle."""
    graph = TopologicalSorter({name: [*parameter.when] for name, parameter in space.items()})
    try:
        return [name for name in graph.static_order() if name in space]
    except CycleError as error:
        raise ValueError(" -> ".join(error.args[1])) from None


def can_be(parameter: Parameter, value: Value) -> bool:
    """Return whether the parameter can ever take this value."""
    if isinstance(parameter, CategoricalParameter):
        return any(same(choice, value) for choice in parameter.choices)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return parameter.low <= value <= parameter.high


def examples(parameter: Parameter) -> Sequence[Value]:
    """Return values that stand for all the parameter's types: bounds, or every choice."""
    if isinstance(parameter, CategoricalParameter):
        return parameter.choices
    return (parameter.low, parameter.high)


def describe(parameter: Parameter) -> str:
    """Return a parameter in words: `float 0.001 to 3, log scale, when optimizer is sgd`."""
    if isinstance(parameter, CategoricalParameter):
        text = "one of " + ", ".join(str(choice) for choice in parameter.choices)
    else:
        scale = ", log scale" if parameter.log else ""
        step = f", step {parameter.step}" if parameter.step not in (None, 1) else ""
        text = f"{parameter.type} {parameter.low:g} to {parameter.high:g}{scale}{step}"
    conditions = [f"{name} is {wanted}" for name, wanted in parameter.when.items()]
    return f"{text}, when {' and '.join(conditions)}" if conditions else text


def _check_bounds(low: float, high: float, log: bool) -> None:
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError(f"`low` is {low} and `high` is {high}; both must be finite numbers")
    if low > high:
        raise ValueError(f"`low` is {low}, above `high` {high}; swap them")
    if log and low <= 0:
        raise ValueError(f"`low` is {low}; a logarithmic scale needs `low` above 0")
