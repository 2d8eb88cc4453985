"""Reads a YAML file written by a person: strict, bounded, with the line of every key.

Beyond `yaml.safe_load`: `1e-4` is a float (YAML 1.2), a duplicate key, a tag, a file over 1 MB and
aliases that unfold to more than 100,000 nodes are refused. PyYAML alone; imports `errors` and
`faults`.
"""

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from hpsearch.common import faults
from hpsearch.common.errors import Fault, UserError

MAX_BYTES = 1_000_000
MAX_NODES = 100_000

Location = tuple[str | int, ...]
"""Where a value stands: the keys and indices that lead to it."""

Lines = dict[Location, int]

FLOAT = re.compile(
    r"^[-+]?(\d[\d_]*\.?[\d_]*|\.\d[\d_]*)([eE][-+]?\d+)?$|^[-+]?\.inf$|^\.nan$", re.I
)


class _Loader(yaml.SafeLoader):
    """SafeLoader that reads `1e-4` as the float that everybody means."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:float"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", FLOAT, list("-+0123456789."))


def read_yaml(path: Path) -> tuple[dict[str, Any], Lines]:
    """Return the file's mapping and the line of each key; raise UserError naming each fault."""
    return parse_yaml(_read_text(path), path)


def parse_yaml(text: str, path: Path) -> tuple[dict[str, Any], Lines]:
    """Return what `read_yaml` does, of a text; `path` says in faults where it stands."""
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            raise UserError(faults.yaml_not_a_mapping(path))
        problems = _too_many_nodes(path, node) or _duplicates(path, node, ())
        if problems:
            raise UserError(*problems)
        return loader.construct_document(node), _lines(node, ())
    except yaml.YAMLError as error:
        raise UserError(faults.yaml_malformed(path, _readable(error))) from None
    except RecursionError:
        raise UserError(faults.yaml_malformed(path, "it is nested too deeply")) from None


def read_scalar(text: str) -> Any:
    """Return one value as YAML reads it, for `--set key=value`."""
    return yaml.load(text, _Loader)  # noqa: S506 (a SafeLoader)


def dump_yaml(data: object) -> str:
    """Return plain data as YAML, in the order it has."""
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True)


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


def _too_many_nodes(path: Path, root: yaml.Node) -> list[Fault]:
    """Count nodes as if every alias were written out, without writing any out."""
    sizes: dict[int, int] = {}

    def size(node: yaml.Node) -> int:
        if id(node) not in sizes:
            sizes[id(node)] = MAX_NODES + 1  # an alias to its own parent counts as endless
            sizes[id(node)] = 1 + sum(size(child) for child in _children(node))
        return sizes[id(node)]

    return [faults.yaml_too_many_nodes(path, MAX_NODES)] if size(root) > MAX_NODES else []


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _duplicates(path: Path, node: yaml.Node, location: Location) -> list[Fault]:
    """Find keys that stand twice in one mapping: plain YAML would silently take the last."""
    found: list[Fault] = []
    seen: dict[Hashable, int] = {}
    for key, child in _entries(node):
        line = child.start_mark.line + 1
        if isinstance(node, yaml.MappingNode) and key in seen:
            found.append(faults.yaml_duplicate_key(path, dotted((*location, key)), seen[key], line))
        seen[key] = line
        if len(found) < 100:
            found.extend(_duplicates(path, child, (*location, key)))
    return found


def _lines(node: yaml.Node, location: Location) -> Lines:
    lines: Lines = {}
    for key, child in _entries(node):
        lines[(*location, key)] = child.start_mark.line + 1
        lines |= _lines(child, (*location, key))
    return lines


def _entries(node: yaml.Node) -> list[tuple[str | int, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        return [(str(key.value), child) for key, child in node.value]
    return list(enumerate(node.value)) if isinstance(node, yaml.SequenceNode) else []


def dotted(location: Location) -> str:
    """Return a location as people write it: `space.learning_rate.high`."""
    return ".".join(str(part) for part in location)
