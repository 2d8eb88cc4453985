"""Reads a YAML file written by a person: strict, at most 1 MB, with the line of every key.

What is refused beyond PyYAML's own errors: `yaml_checks.py`.
"""

from pathlib import Path
from typing import Any

import yaml

from hpsearch.common.errors import UserError
from hpsearch.experiment import faults
from hpsearch.experiment.location import Lines, Location, lines_of
from hpsearch.experiment.yaml_checks import yaml_faults
from hpsearch.experiment.yaml_values import Dumper, Loader

MAX_BYTES = 1_000_000


def read_yaml(path: Path) -> tuple[dict[str, Any], Lines]:
    """Return the file's mapping and the line of each key; raise UserError naming each fault."""
    return parse_yaml(_read_text(path), path)


def parse_yaml(text: str, path: Path, *, is_ours: bool = False) -> tuple[dict[str, Any], Lines]:
    """Do what `read_yaml` does for a text; faults name `path` as its place.

    In a file that hpsearch wrote (`is_ours`) an ambiguous value is a text: hpsearch writes all
    others unambiguously.
    """
    data, node = _load(text, str(path), (), is_ours=is_ours)
    if not isinstance(data, dict):
        raise UserError(faults.yaml_not_a_mapping(path))
    return data, lines_of(node, ())


def read_value(text: str, location: Location, place: str = "--set") -> tuple[Any, Lines]:
    """Return one value of the command line, and the places in it; raise UserError for each fault.

    `location` is where the value goes; faults name `place` as its origin.
    """
    value, node = _load(text, place, location)
    return value, lines_of(node, ())


def _load(
    text: str, place: str, location: Location, *, is_ours: bool = False
) -> tuple[Any, yaml.Node | None]:
    try:
        loader = Loader(text)
        node = loader.get_single_node()
        if problems := yaml_faults(place, node, location, is_ours=is_ours):
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
