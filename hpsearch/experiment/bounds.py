"""The bounds of a reported metric: what `constraints` asks of each trial's result."""

from typing import Self

from pydantic import Field, ValidationInfo, model_validator

from hpsearch.common.constraint import Constraint
from hpsearch.experiment.section import Section


class Bounds(Section):
    """What a metric must be, such as `{at_most: 5}`."""

    at_least: float | None = Field(default=None, allow_inf_nan=False)
    """The smallest value that is allowed."""
    at_most: float | None = Field(default=None, allow_inf_nan=False)
    """The largest value that is allowed."""

    def constraint(self, metric: str) -> Constraint:
        """Return it as the engine's own value."""
        return Constraint(metric, self.at_least, self.at_most)

    @model_validator(mode="after")
    def _check(self, info: ValidationInfo) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("it has no bound; write `{at_most: 5}`, `{at_least: 5}`, or both")
        low, high = self.at_least, self.at_most
        if low is not None and high is not None and low > high:
            raise ValueError(f"`at_least` is {low:g}, above `at_most` {high:g}; swap them")
        return self
