"""Which parameters of a space exist, for values of which some or all are known."""

from collections.abc import Iterable, Mapping, Sequence

from hpsearch.common.trial import Value
from hpsearch.experiment.cells import cells, wanted_of
from hpsearch.experiment.condition import (
    Look,
    Unset,
    each_test,
    every,
    holds,
    named_values,
    opposite,
)
from hpsearch.experiment.space import Space, in_order
from hpsearch.experiment.values import is_continuous

Known = Mapping[str, Value]
"""The values of some parameters; those of the others are open."""

MOST_TRIES = 2_000
"""Combinations of values that are looked at before a question is left open."""


def existence(space: Space, params: Known, names: Sequence[str]) -> dict[str, bool | None]:
    """Return for each name whether the parameter exists; None: that depends on open values.

    `names` are in the order of the space, and each comes after all that its condition names.
    """
    found: dict[str, bool | None] = {}
    for name in names:
        found[name] = holds(space[name].when, look_up(params, found))
    return found


def existing_values(space: Space, given: Known) -> dict[str, Value]:
    """Return the values without those of parameters that cannot exist beside the others."""
    found: dict[str, Value] = {}
    states: dict[str, bool | None] = {}
    for name in in_order(space):
        states[name] = holds(space[name].when, look_up(found, states))
        if name in given and states[name] is not False:
            found[name] = given[name]
    return found


def look_up(params: Known, states: Mapping[str, bool | None]) -> Look:
    """Return how a condition sees a parameter that has a value, cannot exist, or is open."""

    def look(name: str) -> Value | Unset:
        if name in params:
            return params[name]
        return Unset.ABSENT if states.get(name, False) is False else Unset.UNKNOWN

    return look


def with_ancestors(space: Space, names: Iterable[str]) -> list[str]:
    """Return the parameters and all that their conditions name, each after those it depends on."""
    wanted = set(names)
    order = in_order(space)
    for name in reversed(order):
        if name in wanted:
            wanted |= {parent for parent, _ in each_test(space[name].when)}
    return [name for name in order if name in wanted]


class Undecided(Exception):
    """There are too many combinations of values to look at."""


def find_values(
    space: Space, names: Sequence[str], params: Known, *, exist: bool = True
) -> dict[str, Value] | None:
    """Return the known values, and the fewest others with which all these parameters exist.

    With `exist=False`: with which one of them does not. None: there are none. Raises Undecided.
    """
    search = _Search(space, names, params, exist=exist)
    if search.blocked_by() is not None:
        return None
    found = search.complete(dict(params), [one for one in search.order if one not in params])
    for name in [one for one in found or {} if one not in params]:
        fewer = {one: value for one, value in (found or {}).items() if one != name}
        found = fewer if search.answer(fewer) else found
    return found


def blocked_by(space: Space, names: Sequence[str], params: Known) -> str | None:
    """Return the open parameter no value of which lets all these exist, if it is one alone."""
    return _Search(space, names, params, exist=True).blocked_by()


class _Search:
    """Goes through the values of the ancestors, depth first, until the question is answered."""

    def __init__(self, space: Space, names: Sequence[str], given: Known, *, exist: bool) -> None:
        self._space, self._names, self._given, self._exist = space, names, given, exist
        self.order = with_ancestors(space, names)
        self._tries = 0

    def answer(self, params: Known) -> bool | None:
        """Return whether these values answer the question; None: that depends on open values."""
        states = existence(self._space, params, self.order)
        wanted = every(states[name] for name in self._names)
        added = [states[name] for name in params if name not in self._given]
        return every([wanted if self._exist else opposite(wanted), *added])

    def complete(self, params: dict[str, Value], rest: Sequence[str]) -> dict[str, Value] | None:
        """Return values that answer the question, None if there are none; raises Undecided."""
        self._tries += 1
        if self._tries > MOST_TRIES:
            raise Undecided
        answer = self.answer(params)
        if answer is not None:
            return params if answer else None
        name, rest = rest[0], rest[1:]
        if not existence(self._space, params, self.order)[name]:
            return self.complete(params, rest)
        for value in self._candidates(name):
            found = self.complete({**params, name: value}, rest)
            if found is not None:
                return found
        return None

    def blocked_by(self) -> str | None:
        """Return a parameter of which no value, nor its absence, can answer the question."""
        states = existence(self._space, self._given, self.order)
        for name in [n for n in self.order if n not in self._given and states[n]]:
            tried = ({**self._given, name: value} for value in self._candidates(name))
            if all(self.answer(params) is False for params in tried):
                return name
        return None

    def _candidates(self, name: str) -> list[Value]:
        """Return a value of each cell; those that a condition names come first."""
        tests = wanted_of(self._space, name, reversed(self.order))
        parameter = self._space[name]
        named = [] if is_continuous(parameter) else [v for one in tests for v in named_values(one)]
        return [*named, *(cell.value for cell in cells(parameter, tests))]
