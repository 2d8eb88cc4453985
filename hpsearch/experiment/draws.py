"""Configurations drawn at random, or listed, without a sampler: to see what requirements leave."""

import math
import random
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from hpsearch.common.trial import Value
from hpsearch.experiment.parameter import Categorical, Int, Parameter
from hpsearch.experiment.space import in_order
from hpsearch.experiment.steps import all_values, count_steps, value_at
from hpsearch.experiment.values import largest_value

if TYPE_CHECKING:
    from hpsearch.experiment.schema import Experiment

MOST_DRAWS = 10_000
"""So many configurations are drawn before a search for an allowed one ends."""


class Draws:
    """Draws the searched hyperparameters of one experiment, each on its own scale."""

    def __init__(self, experiment: "Experiment", seed: int) -> None:
        self._experiment = experiment
        self._space = experiment.space
        self._order = in_order(experiment.space)
        self._random = random.Random(seed)  # noqa: S311 (no secret)

    def draw(self, known: Mapping[str, Value]) -> dict[str, Value]:
        """Return a configuration that has the known values, whatever is required."""
        found: dict[str, Value] = {}
        for name in self._order:
            if self._space[name].exists(found):
                found[name] = known[name] if name in known else self._value(self._space[name])
        return found

    def allowed(
        self, known: Mapping[str, Value], most: int = MOST_DRAWS
    ) -> Iterator[dict[str, Value]]:
        """Yield those of so many configurations for which the requirements hold."""
        for _ in range(most):
            found = self.draw(known)
            if not self._experiment.broken(found):
                yield found

    def _value(self, one: Parameter) -> Value:
        if isinstance(one, Categorical):
            return self._random.choice(one.labels)
        if one.step is not None and not one.log:
            count = count_steps(one.low, one.high, one.step)
            return value_at(one.low, one.step, self._random.randrange(count))
        low, high = (math.log(one.low), math.log(one.high)) if one.log else (one.low, one.high)
        drawn = self._random.uniform(low, high)
        value = min(max(math.exp(drawn) if one.log else drawn, one.low), one.high)
        return round(value) if isinstance(one, Int) else value


def each_configuration(experiment: "Experiment") -> Iterator[dict[str, Value]]:
    """Yield every configuration for which the requirements hold; no float lacks a `step`."""
    order = in_order(experiment.space)

    def complete(found: dict[str, Value], rest: list[str]) -> Iterator[dict[str, Value]]:
        if experiment.broken(found):
            return
        if not rest:
            yield found
        elif not experiment.space[rest[0]].exists(found):
            yield from complete(found, rest[1:])
        else:
            for value in _values(experiment.space[rest[0]]):
                yield from complete({**found, rest[0]: value}, rest[1:])

    yield from complete({}, order)


def _values(one: Parameter) -> list[Value]:
    if isinstance(one, Categorical):
        return one.labels
    return [*all_values(one.low, largest_value(one), one.step or 1)]
