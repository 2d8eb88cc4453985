"""Reads a YAML file written by a person: strict, bounded, with the line of every key.

Refused are what `yaml_values` cannot read in one way only, a duplicate key, a tag, a file over 1 MB
and aliases that unfold to more than 100,000 nodes. PyYAML alone; imports `errors` and `faults`.
"""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from hpsearch.common.errors import Fault, UserError
from hpsearch.experiment import faults
from hpsearch.experiment.yaml_values import AMBIGUOUS, Dumper, Loader, is_too_large, other_readings

COMMAND_LINE = ("--set", "suggest")
"""Places that have no lines."""
MAX_BYTES = 1_000_000
MAX_NODES = 100_000
MOST_FAULTS = 100

Location = tuple[str | int, ...]
"""Where a value stands: the keys and indices that lead to it."""

Lines = dict[Location, int]


def read_yaml(path: Path) -> tuple[dict[str, Any], Lines]:
    """Return the file's mapping and the line of each key; raise UserError naming each fault."""
    return parse_yaml(_read_text(path), path)


def parse_yaml(text: str, path: Path, *, is_ours: bool = False) -> tuple[dict[str, Any], Lines]:
    """Return what `read_yaml` does, of a text; `path` says in faults where it stands.

    In a file of ours what is ambiguous is a text: else it would have been written otherwise.
    """
    data, node = _load(text, str(path), (), is_ours=is_ours)
    if not isinstance(data, dict):
        raise UserError(faults.yaml_not_a_mapping(path))
    return data, lines_of(node, ())


def read_value(text: str, location: Location, place: str = "--set") -> tuple[Any, Lines]:
    """Return one value of the command line, and the places in it; raise UserError for each fault.

    `location` is where it goes, `place` what faults call the place where it stands.
    """
    value, node = _load(text, place, location)
    return value, lines_of(node, ())


def _load(
    text: str, place: str, location: Location, *, is_ours: bool = False
) -> tuple[Any, yaml.Node | None]:
    try:
        loader = Loader(text)
        node = loader.get_single_node()
        problems = _too_many_nodes(place, node) or [
            *_duplicates(place, node, location),
            *([] if is_ours else _ambiguous(place, node, location)),
        ]
        if problems:
            raise UserError(*problems)
        return None if node is None else loader.construct_document(node), node
    except yaml.YAMLError as error:
        raise UserError(faults.yaml_malformed(place, _readable(error))) from None
    except RecursionError:
        raise UserError(faults.yaml_malformed(place, "it is nested too deeply")) from None


def dump_yaml(data: object) -> str:
    """Return plain data as YAML, in the order it has."""
    return yaml.dump(data, Dumper=Dumper, sort_keys=False, allow_unicode=True)


def _read_text(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise UserError(faults.yaml_too_large(path, size, MAX_BYTES))
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(faults.experiment_missing(path, _siblings(path))) from None
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise UserError(faults.yaml_unreadable(path, str(error))) from None


def _siblings(path: Path) -> list[str]:
    try:
        return sorted(str(file) for file in path.parent.glob("*.y*ml"))
    except (OSError, ValueError):
        return []


def _readable(error: yaml.YAMLError) -> str:
    problem = getattr(error, "problem", None) or str(error)
    mark = getattr(error, "problem_mark", None)
    return f"line {mark.line + 1}: {problem}" if mark else str(problem)


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
    """Find keys that stand twice in one mapping: plain YAML would silently take the last."""
    found: list[Fault] = []
    seen: dict[Hashable, int] = {}
    for key, child in _entries(node):
        line = child.start_mark.line + 1
        if isinstance(node, yaml.MappingNode) and key in seen:
            name = dotted((*location, key))
            found.append(faults.yaml_duplicate_key(place, name, seen[key], line))
        seen[key] = line
        if len(found) < MOST_FAULTS:
            found.extend(_duplicates(place, child, (*location, key)))
    return found


def _ambiguous(place: str, node: yaml.Node | None, location: Location) -> list[Fault]:
    """Find values that are not the same to everybody, and numbers that nothing can hold."""
    found = [
        one for key, child in _entries(node) for one in _ambiguous(place, child, (*location, key))
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


def lines_of(node: yaml.Node | None, location: Location) -> Lines:
    """Return the line of every value, by its place."""
    lines: Lines = {}
    for key, child in _entries(node):
        lines[(*location, key)] = child.start_mark.line + 1
        lines |= lines_of(child, (*location, key))
    return lines


def _entries(node: yaml.Node | None) -> list[tuple[str | int, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        return [(str(key.value), child) for key, child in node.value]
    return list(enumerate(node.value)) if isinstance(node, yaml.SequenceNode) else []


def dotted(location: Location) -> str:
    """Return a location as people write it: `space.learning_rate.high`."""
    return ".".join(str(part) for part in location)
