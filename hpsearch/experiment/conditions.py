"""The conditions of a space: `when` in the parent's own values, and those that can never hold."""

from collections.abc import Iterator, Mapping
from contextlib import suppress

from hpsearch.common.text import written
from hpsearch.common.trial import Value
from hpsearch.experiment.scalar import as_list, is_same
from hpsearch.experiment.space import Space, in_order
from hpsearch.experiment.steps import last_value
from hpsearch.experiment.values import is_continuous, own_values

Needs = dict[str, list[Value]]
"""The values that each ancestor of a parameter must have for it to exist."""


def with_own_values(space: Space) -> Space:
    """Return the space with each condition in the values that its parent is proposed with.

    `when: {depth: 1}` means 1.0 if `depth` is a float; from then on equal values are enough to tell
    which parameters exist.
    """
    return {
        name: one.model_copy(
            update={"when": {p: _own(space, p, wanted) for p, wanted in one.when.items()}}
        )
        for name, one in space.items()
    }


def _own(space: Space, parent: str, wanted: object) -> object:
    if parent not in space:
        return wanted
    if isinstance(wanted, list) and (whole := own_values(space[parent], wanted)):
        return whole[0]  # a choice that is a list
    own = [(own_values(space[parent], one) or [one])[0] for one in as_list(wanted)]
    return own if isinstance(wanted, list) else own[0]


def condition_problems(space: Space) -> list[str]:
    """Return what is wrong with the conditions, each as `what; fix`."""
    problems = [
        problem
        for name, parameter in space.items()
        for parent, wanted in parameter.when.items()
        for problem in _parent_problems(space, name, parent, as_list(wanted))
    ]
    try:
        order = in_order(space)
    except ValueError as circle:
        return [*problems, f"`when` is circular: {circle}; remove one of these conditions"]
    return problems or list(_contradictions(space, order))


def _parent_problems(space: Space, name: str, parent: str, wanted: list[Value]) -> Iterator[str]:
    where = f"`space.{name}.when`"
    if parent not in space:
        yield f"{where} names `{parent}`, which is not in `space`"
        return
    if not wanted:
        yield f"{where} lists no value of `{parent}`; list at least one"
    for value in wanted:
        asks = f"{where} asks for {parent} = {written(value)}, which"
        if not own_values(space[parent], value):
            yield f"{asks} `{parent}` can never be; change one of the two"
        elif is_continuous(space[parent]):
            accident = "a float without `step` is only by accident"
            yield f"{asks} {accident}; give `{parent}` a `step`, or `choices`"


def _contradictions(space: Space, order: list[str]) -> Iterator[str]:
    """Find parameters that never exist, although each condition alone can hold."""
    needs: dict[str, Needs] = {}
    for name in order:
        needs[name] = {p: as_list(wanted) for p, wanted in space[name].when.items()}
        for parent in space[name].when:
            with suppress(KeyError):  # a parent that can never exist is reported itself
                narrow(needs[name], needs[parent])
        conflict = next((one for one, values in needs[name].items() if not values), None)
        if conflict is not None:
            yield (
                f"`space.{name}` can never exist: its own conditions and those of the parameters "
                f"it depends on ask for different values of `{conflict}`; change one `when`"
            )
            del needs[name]


def narrow(needs: Needs, more: Mapping[str, list[Value]]) -> None:
    """Keep only those of each ancestor's values that `more` allows, too."""
    for name, wanted in more.items():
        values = needs.get(name, wanted)
        needs[name] = [one for one in values if any(is_same(one, other) for other in wanted)]


def step_notices(space: Space) -> list[str]:
    """Return a notice for each step that does not divide its range: the largest value."""
    return [
        f"`space.{name}`: steps of {one.step} from {one.low} never reach {one.high}; "
        f"the largest value is {last_value(one.low, one.high, one.step)}"
        for name, one in space.items()
        if one.type != "categorical"
        and one.step is not None
        and last_value(one.low, one.high, one.step) != one.high
    ]
