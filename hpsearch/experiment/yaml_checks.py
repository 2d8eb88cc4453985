"""What YAML allows and an experiment does not: a key twice, ambiguous values, a bomb of aliases."""

from collections.abc import Hashable

import yaml

from hpsearch.common.errors import Fault
from hpsearch.experiment import faults
from hpsearch.experiment.location import Location, dotted, entries
from hpsearch.experiment.yaml_values import AMBIGUOUS, is_too_large, other_readings

COMMAND_LINE = ("--set", "suggest")
"""Places without line numbers."""
MAX_NODES = 100_000
MOST_FAULTS = 100


def yaml_faults(
    place: str, node: yaml.Node | None, location: Location, *, is_ours: bool
) -> list[Fault]:
    """Return what is wrong with a document that starts at `location`.

    In a file that hpsearch wrote (`is_ours`) nothing is ambiguous.
    """
    return _too_many_nodes(place, node) or [
        *_duplicates(place, node, location),
        *([] if is_ours else _ambiguous(place, node, location)),
    ]


def _too_many_nodes(place: str, root: yaml.Node | None) -> list[Fault]:
    """Count nodes as if every alias were written out, without writing any out."""
    sizes: dict[int, int] = {}

    def size(node: yaml.Node) -> int:
        if id(node) not in sizes:
            sizes[id(node)] = MAX_NODES + 1  # an alias to its own parent counts as endless
            sizes[id(node)] = 1 + sum(size(child) for child in _children(node))
        return sizes[id(node)]

    too_many = root is not None and size(root) > MAX_NODES
    return [faults.yaml_too_many_nodes(place, MAX_NODES)] if too_many else []


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _duplicates(place: str, node: yaml.Node | None, location: Location) -> list[Fault]:
    """Find keys that appear twice in one mapping: plain YAML silently takes the last."""
    found: list[Fault] = []
    seen: dict[Hashable, int] = {}
    for key, child in entries(node):
        line = child.start_mark.line + 1
        if isinstance(node, yaml.MappingNode) and key in seen:
            name = dotted((*location, key))
            found.append(faults.yaml_duplicate_key(place, name, seen[key], line))
        seen[key] = line
        if len(found) < MOST_FAULTS:
            found.extend(_duplicates(place, child, (*location, key)))
    return found


def _ambiguous(place: str, node: yaml.Node | None, location: Location) -> list[Fault]:
    """Find values that the versions of YAML read differently, and numbers too large to read."""
    found = [
        one for key, child in entries(node) for one in _ambiguous(place, child, (*location, key))
    ]
    if not isinstance(node, yaml.ScalarNode):
        return found[:MOST_FAULTS]
    where = place if place in COMMAND_LINE else f"{place}:{node.start_mark.line + 1}"
    if node.tag == AMBIGUOUS:
        readings = other_readings(node.value)
        return [faults.ambiguous_value(where, dotted(location), node.value, readings)]
    if is_too_large(node):
        return [faults.number_too_large(where, dotted(location))]
    return []
