"""Where a value is in an experiment: the keys that lead to it, and its line in the file."""

import yaml

Location = tuple[str | int, ...]
"""The keys and indices that lead to a value."""

Lines = dict[Location, int]
"""The line of each value; 0 if it is on no line of a file."""


def lines_of(node: yaml.Node | None, location: Location) -> Lines:
    """Return the line of every value, by its place."""
    lines: Lines = {}
    for key, child in entries(node):
        lines[(*location, key)] = child.start_mark.line + 1
        lines |= lines_of(child, (*location, key))
    return lines


def entries(node: yaml.Node | None) -> list[tuple[str | int, yaml.Node]]:
    """Return what is in a node, each with its key or index."""
    if isinstance(node, yaml.MappingNode):
        return [(str(key.value), child) for key, child in node.value]
    return list(enumerate(node.value)) if isinstance(node, yaml.SequenceNode) else []


def dotted(location: Location) -> str:
    """Return a location as people write it: `space.learning_rate.high`."""
    return ".".join(str(part) for part in location)
