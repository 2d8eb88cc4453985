"""The search space: parameters by name, each after those that its condition names."""

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any, TypeVar

from hpsearch.experiment.condition import each_test, with_tests
from hpsearch.experiment.parameter import Conditional, Parameter
from hpsearch.experiment.scalar import as_list
from hpsearch.experiment.values import own_values

Space = dict[str, Parameter]
ConditionalType = TypeVar("ConditionalType", bound=Conditional)


def in_order(space: Space) -> list[str]:
    """Return the names, each after those it depends on; raise ValueError on a circle."""
    graph = TopologicalSorter(
        {name: [parent for parent, _ in each_test(one.when)] for name, one in space.items()}
    )
    try:
        return [name for name in graph.static_order() if name in space]
    except CycleError as error:
        raise ValueError(" -> ".join(error.args[1])) from None


def with_own_values(
    parameters: Mapping[str, ConditionalType], space: Space
) -> dict[str, ConditionalType]:
    """Return parameters with each condition in the values that its parent is proposed with.

    `when: {depth: 1}` means 1.0 if `depth` is a float; from then on equal values are enough to tell
    which parameters exist.
    """

    def own(parent: str, wanted: Any) -> Any:
        if parent not in space:
            return wanted
        if isinstance(wanted, list | dict) and (whole := own_values(space[parent], wanted)):
            return whole[0]  # a choice that is a list or a mapping
        if isinstance(wanted, dict):
            return {**wanted, "not": own(parent, wanted["not"])} if "not" in wanted else wanted
        found = [(own_values(space[parent], one) or [one])[0] for one in as_list(wanted)]
        return found if isinstance(wanted, list) else found[0]

    return {
        name: one.model_copy(update={"when": with_tests(one.when, own)})
        for name, one in parameters.items()
    }
