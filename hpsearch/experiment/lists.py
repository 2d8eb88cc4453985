"""Lists of searched length: `widths` of the length `depth` is searched as `widths.0`, `widths.1`, …

An item exists if the list is longer than its index.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from hpsearch.common.trial import Value
from hpsearch.experiment.condition import all_of
from hpsearch.experiment.parameter import Categorical, Conditional, Float, Int, Parameter
from hpsearch.experiment.scalar import expected

LONGEST = 256
"""Items of a list: each is a parameter of its own."""

Length = Annotated[
    Annotated[int, Field(ge=0, le=LONGEST)] | str,
    expected(f"a whole number from 0 to {LONGEST}, or the name of a parameter of `space`"),
]


class List(Conditional):
    """A list of values, each searched by itself, of a fixed or a searched length."""

    _positional = ("of", "length")

    type: Literal["list"] = "list"
    of: Parameter
    """What each item is: a float, an int or a categorical parameter."""
    length: Length
    """How many items: a number, or the name of an int parameter of the space."""

    if TYPE_CHECKING:  # by position, too

        def __init__(
            self, of: Parameter, length: int | str, *, when: Mapping[str, object] = ...
        ) -> None: ...

    def count(self, params: Mapping[str, Value]) -> int | None:
        """Return how many items a trial's list has; None if the trial has no such list."""
        length = params.get(self.length) if isinstance(self.length, str) else self.length
        return length if isinstance(length, int) and self.exists(params) else None

    def item(self, index: int) -> Parameter:
        """Return the parameter of an item; an index from 0."""
        length = {self.length: {"above": index}} if isinstance(self.length, str) else {}
        return self.of.model_copy(update={"when": all_of(self.when, self.of.when, length)})


Written = Annotated[Float | Int | Categorical | List, Field(discriminator="type")]
