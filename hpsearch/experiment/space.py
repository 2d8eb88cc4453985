"""The search space: parameters by name, each after those that its condition names."""

from graphlib import CycleError, TopologicalSorter

from hpsearch.experiment.condition import each_test
from hpsearch.experiment.parameter import Parameter

Space = dict[str, Parameter]


def in_order(space: Space) -> list[str]:
    """Return the names, each after those it depends on; raise ValueError on a circle."""
    graph = TopologicalSorter(
        {name: [parent for parent, _ in each_test(one.when)] for name, one in space.items()}
    )
    try:
        return [name for name in graph.static_order() if name in space]
    except CycleError as error:
        raise ValueError(" -> ".join(error.args[1])) from None
