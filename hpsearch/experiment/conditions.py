"""The conditions of a space: `when` in the parent's own values, and those that can never hold."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from hpsearch.common.errors import did_you_mean
from hpsearch.common.text import written
from hpsearch.common.trial import Value
from hpsearch.experiment.cells import cells
from hpsearch.experiment.condition import (
    LOGIC,
    RANGES,
    TESTS,
    each_test,
    is_finite,
    is_logic,
    named_values,
    passes,
)
from hpsearch.experiment.description import describe_condition
from hpsearch.experiment.existence import Undecided, find_values
from hpsearch.experiment.flat_space import FlatSpace
from hpsearch.experiment.parameter import Parameter
from hpsearch.experiment.scalar import as_list
from hpsearch.experiment.space import Space, in_order
from hpsearch.experiment.steps import last_value
from hpsearch.experiment.values import is_continuous, own_values


def condition_problems(space: FlatSpace) -> list[str]:
    """Return what is wrong with the conditions, each as `what; fix`."""
    problems = [
        f"`space.{space.owner(name)}.when` {problem}"
        for name, parameter in space.items()
        for problem in [
            *_logic_problems(space, parameter.when),
            *(p for test in each_test(parameter.when) for p in _test_problems(space, *test)),
        ]
    ]
    try:
        order = in_order(space)
    except ValueError as circle:
        return [
            *dict.fromkeys(problems),
            f"`when` is circular: {circle}; remove one of these conditions",
        ]
    return [*dict.fromkeys(problems or _contradictions(space, order))]


def _logic_problems(space: Space, when: Any) -> Iterator[str]:
    """Find `any`, `all` and `not` that combine nothing, or may be meant as a parameter."""
    for key, wanted in when.items():
        if not is_logic(key, wanted):
            continue
        if key in space:
            yield (
                f"has `{key}`, which combines conditions and is a parameter of `space`, too; "
                "rename the parameter"
            )
        for part in as_list(wanted):
            yield from _logic_problems(space, part)
            if not part:
                yield f"has an empty condition under `{key}`; write one, or remove it"


def _test_problems(space: Space, parent: str, wanted: Any) -> Iterator[str]:
    if parent not in space:
        yield _unknown(space, parent)
    elif isinstance(wanted, dict):
        yield from _range_problems(space[parent], parent, wanted)
    elif not as_list(wanted):
        yield f"lists no value of `{parent}`; list at least one"
    if parent in space:
        yield from _value_problems(space[parent], parent, named_values(wanted))


def _unknown(space: Space, parent: str) -> str:
    if parent in LOGIC:
        example = "{depth: 3}" if parent == "not" else "[{depth: 3}, {optimizer: sgd}]"
        return f"has no condition under `{parent}`; write it like `{parent}: {example}`"
    return f"names `{parent}`, which is not in `space`; {did_you_mean(parent, space).rstrip('?.')}"


def _range_problems(parameter: Parameter, parent: str, wanted: dict[str, Any]) -> Iterator[str]:
    """Find what a test such as `{at_least: 3}` does not say, or what is never so."""
    unknown = [word for word in wanted if word not in TESTS]
    for word in unknown:
        known = ", ".join(f"`{one}`" for one in TESTS)
        yield f"tests `{parent}` with `{word}`; the tests are {known}"
    wrong = [word for word in wanted if word in RANGES and not is_finite(wanted[word])]
    for word in wrong:
        yield f"has {written(wanted[word])} under `{word}`; write a finite number"
    if not wanted or wanted.get("not") == []:
        yield f"says nothing of `{parent}`; write a test such as `{{at_least: 3}}`, or remove it"
    elif not (unknown or wrong) and not _can_pass(parameter, wanted):
        asks = describe_condition({parent: wanted}, mark="`")
        yield f"asks that {asks}, which can never be; change one of the two"


def _can_pass(parameter: Parameter, wanted: Any) -> bool:
    return any(passes(cell.value, wanted) for cell in cells(parameter, [wanted]))


def _value_problems(parameter: Parameter, parent: str, values: Sequence[Value]) -> Iterator[str]:
    for value in values:
        asks = f"asks for {parent} = {written(value)}, which"
        if not own_values(parameter, value):
            yield f"{asks} `{parent}` can never be; change one of the two"
        elif is_continuous(parameter):
            accident = "a float without `step` is only by accident"
            yield f"{asks} {accident}; give `{parent}` a `step`, or `choices`"


def _contradictions(space: FlatSpace, order: list[str]) -> Iterator[str]:
    """Find parameters that never exist, although each condition alone can hold."""
    never: set[str] = set()
    for name in order:
        if _can_be(space, name, exist=True):
            continue
        is_first = space.owner(name) in (name, name.removesuffix(".0"))  # of a list, one is enough
        if is_first and never.isdisjoint(parent for parent, _ in each_test(space[name].when)):
            yield (
                f"`space.{space.owner(name)}` can never exist: its own conditions and those of the "
                "parameters it depends on exclude each other; change one `when`"
            )
        never.add(name)


def _can_be(space: Space, name: str, *, exist: bool) -> bool:
    """Return whether a parameter can exist, or be absent; so too if that is hard to tell."""
    with suppress(Undecided):
        return find_values(space, [name], {}, exist=exist) is not None
    return True


def condition_notices(space: FlatSpace) -> list[str]:
    """Return a notice for each condition that always holds; that of a list's item may."""
    return [
        f"`space.{name}.when` always holds: without it the parameter is the same"
        for name, one in space.items()
        if one.when and space.owner(name) == name and not _can_be(space, name, exist=False)
    ]


def step_notices(space: FlatSpace) -> list[str]:
    """Return a notice for each step that does not divide its range: the largest value."""
    notices = [
        f"`space.{space.owner(name)}`: steps of {one.step} from {one.low} never reach {one.high}; "
        f"the largest value is {last_value(one.low, one.high, one.step)}"
        for name, one in space.items()
        if one.type != "categorical"
        and one.step is not None
        and last_value(one.low, one.high, one.step) != one.high
    ]
    return [*dict.fromkeys(notices)]
