"""The parameters of a space, and the conditions under which one exists.

A parameter with `when: {optimizer: sgd}` is proposed only if `optimizer` came out as `sgd`.
"""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, ValidationInfo, model_validator

from hpsearch.common.text import written
from hpsearch.common.trial import Value
from hpsearch.experiment.condition import Unset, holds
from hpsearch.experiment.scalar import Choices, Plain, form, has_infinite, is_same
from hpsearch.experiment.section import STORED, Section
from hpsearch.experiment.steps import why_inexact
from hpsearch.experiment.when import When


class Conditional(Section):
    """What exists in a trial only if a condition holds."""

    when: When = Field(default_factory=dict)
    """What other parameters must be for this one to exist: `{optimizer: sgd}`, `{optimizer: [sgd,
    adam]}`, `{optimizer: {not: sgd}}`, `{depth: {at_least: 3}}` (also at_most, above, below), and
    conditions under `any`, `all` or `not`."""

    def exists(self, params: Mapping[str, Value]) -> bool:
        """Return whether the parameter exists, given the values proposed so far."""
        return bool(holds(self.when, lambda name: params.get(name, Unset.ABSENT)))


class Expected(Conditional):
    """What people may expect a value of: such a value is tried first."""

    prior_weight: float = Field(default=5.0, gt=0, allow_inf_nan=False)
    """How many finished trials the `prior` outweighs: after so many, every second proposal is still
    drawn around it; after nine times as many, every tenth."""


class Float(Expected):
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
    prior: float | None = None
    """The value that you expect to be good: it is tried first, others near it next, until results
    say otherwise; null: none. The sampler proposes the rest."""

    if TYPE_CHECKING:  # by position, too

        def __init__(
            self,
            low: float,
            high: float,
            *,
            log: bool = False,
            step: float | None = ...,
            prior: float | None = ...,
            prior_weight: float = ...,
            when: Mapping[str, object] = ...,
        ) -> None: ...

    @model_validator(mode="after")
    def _check(self, info: ValidationInfo) -> Self:
        if self.log and self.step is not None:
            raise ValueError("`step` and `log` cannot be combined; remove one of them")
        _check_range(self)
        if info.context != STORED:
            _check_exact(self)
        return self


class Int(Expected):
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
    prior: int | None = None
    """The value that you expect to be good: it is tried first, others near it next, until results
    say otherwise; null: none. The sampler proposes the rest."""

    if TYPE_CHECKING:  # by position, too

        def __init__(
            self,
            low: int,
            high: int,
            *,
            log: bool = False,
            step: int = ...,
            prior: int | None = ...,
            prior_weight: float = ...,
            when: Mapping[str, object] = ...,
        ) -> None: ...

    @model_validator(mode="after")
    def _check(self, info: ValidationInfo) -> Self:
        if self.log and self.step != 1:
            raise ValueError("`step` and `log` cannot be combined; remove one of them")
        _check_range(self)
        if info.context != STORED:
            _check_exact(self)
        return self


class Categorical(Expected):
    """One of several values, with no order between them.

    A list or mapping is recorded and shown as its text, one that has a name by its name.
    """

    _positional = ("choices",)

    type: Literal["categorical"] = "categorical"
    choices: Choices
    """The values to choose from, in a list or each with a name; at least one, none twice."""
    prior: Plain = None
    """The choice that you expect to be good, by its name or its value: it is tried first, and more
    often than others next, until results say otherwise; null: none."""

    if TYPE_CHECKING:  # by position, too

        def __init__(
            self,
            choices: Sequence[Any] | Mapping[str, Any],
            *,
            prior: Any = ...,
            prior_weight: float = ...,
            when: Mapping[str, object] = ...,
        ) -> None: ...

    @property
    def labels(self) -> list[Value]:
        """What each choice is recorded and shown as: its name, itself, or its text."""
        if isinstance(self.choices, dict):
            return [*self.choices]
        return [written(one) if isinstance(one, list | dict) else one for one in self.choices]

    @property
    def values(self) -> list[Any]:
        """What the trainable is given for each choice."""
        return [*self.choices.values()] if isinstance(self.choices, dict) else [*self.choices]

    def value_of(self, label: Value) -> Any:
        """Return what the trainable is given for a recorded choice."""
        pairs = zip(self.labels, self.values, strict=True)
        return next((value for own, value in pairs if is_same(own, label)), label)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.choices:
            raise ValueError("`choices` is empty; give at least one value")
        labels, values = self.labels, self.values
        for index, value in enumerate(values):
            if isinstance(self.choices, list) and form(value) in map(form, values[:index]):
                raise ValueError(f"`choices` has {written(value)} twice; remove one")
            if labels[index] in labels[:index] and isinstance(labels[index], str):
                problem = f"`choices` has the text {labels[index]!r} and a list or mapping like it"
                raise ValueError(f"{problem}; give each choice a name, as in `small: [64, 32]`")
            if has_infinite(value):
                problem = f"`choices` has {written(value)}, which is not a finite number"
                raise ValueError(f"{problem}; use a finite number or a text")
        return self


def _check_range(number: Float | Int) -> None:
    low, high, step = number.low, number.high, number.step
    if not all(isinstance(one, int) or math.isfinite(one) for one in (low, high)):
        raise ValueError(f"`low` is {low} and `high` is {high}; use finite numbers")
    if step is not None and not isinstance(step, int) and not math.isfinite(step):
        raise ValueError(f"`step` is {step}; use a finite number")
    if low > high:
        raise ValueError(f"`low` is {low}, above `high` {high}; swap them")
    if number.log and low <= 0:
        raise ValueError(f"`low` is {low}; set `low` above 0, or remove `log`")


def _check_exact(number: Float | Int) -> None:
    problem = why_inexact(number.low, number.high, number.step, log=number.log)
    if problem:
        raise ValueError(problem)


Parameter = Annotated[Float | Int | Categorical, Field(discriminator="type")]
