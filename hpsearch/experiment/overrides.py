"""`--set key.path=value`: which key of the experiment a path names, and the value put there.

Names under `params`, `space` and `when` have dots themselves, also those that are written in
groups. A name that exists already is preferred; a path that fits two of them is refused. With
quotes each part is one key: `space."opt.lr".high=2`. A mapping takes the place of a whole group.
"""

import copy
import re
from collections.abc import Iterator, Sequence
from typing import Any

from hpsearch.common.errors import Fault, UserError
from hpsearch.experiment import faults
from hpsearch.experiment.condition import TESTS
from hpsearch.experiment.lists import List
from hpsearch.experiment.location import Lines, Location, dotted
from hpsearch.experiment.nesting import give_full_names
from hpsearch.experiment.parameter import Categorical, Float
from hpsearch.experiment.yaml_file import read_value

KEY = r"""(?:"[^"]+"|'[^']+'|[^\s=."'][^=."']*)"""
OVERRIDE = re.compile(rf"^\s*({KEY}(?:\.{KEY})*)=(.*)$", re.DOTALL)

FIELDS = Float.model_fields.keys() | Categorical.model_fields.keys() | List.model_fields.keys()
"""The keys that a parameter of the space can have."""

MAPPINGS = ("of", "choices")
"""Those beside `when` under which a mapping can stand."""


def apply_overrides(data: dict[str, Any], lines: Lines, overrides: Sequence[str]) -> None:
    """Put all values into the experiment's data; raise UserError with the faults of all of them."""
    found: list[Fault] = []
    for override in overrides:
        try:
            _apply(data, lines, override)
        except UserError as error:
            found.extend(error.faults)
    if found:
        raise UserError(*found)


def _apply(data: dict[str, Any], lines: Lines, override: str) -> None:
    match = OVERRIDE.match(override)
    if match is None:
        raise UserError(faults.bad_override(override))
    parts = [part.strip("\"' ") for part in re.findall(KEY, match[1])]
    value, places = read_value(match[2], tuple(parts))
    is_quoted = '"' in match[1] or "'" in match[1]
    wanted = tuple(parts) if is_quoted else _chosen(data, parts, value, override)
    location = _put(data, wanted, value, override)
    for stale in [one for one in lines if one[: len(location)] == location]:
        del lines[stale]
    for count in range(1, len(location) + 1):
        lines.setdefault(location[:count], 0)  # given on the command line: on no line of the file
    lines |= {location: 0, **{(*location, *place): 0 for place in places}}
    give_full_names(data, lines)


def _chosen(data: dict[str, Any], parts: list[str], value: object, override: str) -> Location:
    """Return the one key that a path means; raise UserError if there are two."""
    if (in_list := _in_list(data, parts)) is not None:
        return in_list
    readings = list(_readings(parts, isinstance(value, dict))) or [tuple(parts)]
    space = data.get("space")
    names = space if isinstance(space, dict) else {}
    present = [one for one in readings if len(one) > 1 and one[1] in names] or readings
    if len(present) > 1:
        raise UserError(faults.ambiguous_override(override, [*map(_quoted, present)]))
    return present[0]


def _in_list(data: dict[str, Any], parts: list[str]) -> Location | None:
    """Return the place of an item if a path of `params` goes into a list, else None."""
    section, rest = parts[0], parts[1:]
    params = data.get("params") if section == "params" else None
    for count in range(1, len(rest)):
        name = ".".join(rest[:count])
        if isinstance(params, dict) and isinstance(params.get(name), list):
            return (section, name, *rest[count:])
    return None


def _readings(parts: list[str], is_mapping: bool) -> Iterator[Location]:
    """Yield the keys that a path can mean; a mapping is a parameter, or one of a few fields."""
    section, rest = parts[0], parts[1:]
    if section == "params" and rest:
        yield section, ".".join(rest)
    elif section == "space" and rest:
        for count in range(len(rest), 0, -1):
            name, field = ".".join(rest[:count]), rest[count:]
            if field[:1] == ["when"] and len(field) > 1:
                yield section, name, "when", *_in_condition(field[1:])
            elif field[:1] == ["when"] or (
                field and field[0] in FIELDS and (not is_mapping or field[0] in MAPPINGS)
            ):
                yield section, name, *field
            elif not field and is_mapping:
                yield section, name
    elif section == "suggestions" and len(rest) > 1:
        yield section, rest[0], ".".join(rest[1:])
    else:
        yield tuple(parts)


def _in_condition(parts: list[str]) -> Location:
    """Return the keys that a path in `when` means: below `any`, `all`, `not`, and of a test."""
    depth = {"any": 2, "all": 2, "not": 1}.get(parts[0], 0)  # `any.0` is a condition, as is `not`
    if 0 < depth < len(parts):
        return (*parts[:depth], *_in_condition(parts[depth:]))
    if len(parts) > 1 and parts[-1] in TESTS:
        return ".".join(parts[:-1]), parts[-1]
    return (".".join(parts),)


def _quoted(location: Location) -> str:
    return ".".join(f'"{key}"' if "." in str(key) else str(key) for key in location)


def _put(data: dict[str, Any], wanted: Location, value: object, override: str) -> Location:
    """Set a value and return its place; on the way, what YAML aliases share is copied."""
    section: Any = data
    location: Location = ()
    for key in wanted[:-1]:
        index = _index(section, key, location, override)
        location = (*location, index)
        child = section[index] if isinstance(section, list) else section.get(index)
        section[index] = copy.copy(child) if child is not None else {}
        section = section[index]
    index = _index(section, wanted[-1], location, override)
    if isinstance(section, dict) and isinstance(value, dict):
        _remove_group(section, index)
    section[index] = value
    return (*location, index)


def _remove_group(section: dict[Any, Any], name: Any) -> None:
    """Remove the hyperparameters of a group that another takes the place of."""
    for key in [one for one in section if str(one).startswith(f"{name}.")]:
        del section[key]


def _index(section: object, key: str | int, location: Location, override: str) -> Any:
    """Return the key, as a number in a list; raise UserError if there can be no such key."""
    if isinstance(section, dict):
        return key
    if isinstance(section, list):
        if str(key).isdecimal() and int(key) < len(section):
            return int(key)
        problem = f"`{dotted(location)}` is a list; its indices are 0 to {len(section) - 1}."
        raise UserError(faults.bad_override(override, problem))
    problem = f"`{dotted(location)}` is a single value and has no keys below it."
    raise UserError(faults.bad_override(override, problem))
