"""Turns pydantic's errors into faults that name file, line, path and the way to fix it."""

import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from hpsearch.common.errors import Fault
from hpsearch.experiment import faults
from hpsearch.experiment.location import Lines, Location, dotted
from hpsearch.experiment.value_fixes import fix_of

NO_FILE = "the experiment"
"""Where a value is that Python code gave."""

PAIRS = "`key: value` pairs"

WORDS = {
    "bool_type": "true or false",
    "dict_type": PAIRS,
    "finite_number": "a finite number",
    "float_type": "a number",
    "greater_than": "above {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "int_type": "a whole number",
    "less_than": "below {lt:g}",
    "less_than_equal": "at most {le:g}",
    "list_type": "a list",
    "literal_error": "one of {expected}",
    "model_attributes_type": PAIRS,
    "model_type": PAIRS,
    "string_too_short": "a text of at least one letter",
    "string_type": "a text; put a number or a date in quotes",
    "too_short": "a list with at least one item",
    "unexpected": "{what}",
    "union_tag_invalid": "of a known `type`: {expected_tags}",
    "union_tag_not_found": "`key: value` pairs with a `type`: float, int, categorical or list",
}
"""What a value must be, by pydantic's name for what is wrong with it."""

PLACES = ("`space.", "`params.", "`parameter_constraints")


def faults_of(
    error: ValidationError,
    model: type[BaseModel],
    path: Path | None,
    lines: Lines,
    hide: Callable[[Any, str], Any],
) -> list[Fault]:
    """Return one fault for each thing that is wrong; `hide` knows the secrets.

    `path` is None if Python code made the experiment.
    """
    found: list[Fault] = []
    for detail in error.errors(include_url=False):
        is_missing = detail["type"] == "missing"
        location = _in_file(detail["loc"][:-1] if is_missing else detail["loc"], lines)
        where = _where(path, location, lines)
        detail["input"] = hide(detail["input"], _key(location))
        if detail["type"] == "value_error":
            problems = str(detail["ctx"]["error"]).split("\n")
            found.extend(_bad_value(path, location, lines, problem) for problem in problems)
        else:
            found.extend(_faults(detail, location, where, model))
    return list(dict.fromkeys(found))


def _faults(
    detail: ErrorDetails, location: Location, where: str, model: type[BaseModel]
) -> list[Fault]:
    name = dotted(location)
    if detail["type"] == "extra_forbidden":
        elsewhere = _sections_with(model, str(detail["loc"][-1]))
        known = _keys_beside(model, detail["loc"])
        return [faults.unknown_key(where, name, known, elsewhere)]
    if detail["type"] == "missing":
        return [faults.missing_key(where, dotted((*location, detail["loc"][-1])))]
    if detail["loc"][-1:] == ("[key]",):
        given = detail["input"]
        problem = f"a name in it is {given!r}, which is no text; write {str(given)!r}"
        return [faults.bad_value(where, name, problem)]
    context = detail.get("ctx", {})
    expected = WORDS.get(detail["type"], detail["msg"]).format(**context)
    fix = fix_of(
        detail["type"],
        detail["input"],
        expected,
        at=location,
        context=context,
        python=where == NO_FILE,
    )
    return [faults.wrong_value(where, name, detail["input"], f"it must be {expected}", fix)]


def _bad_value(path: Path | None, location: Location, lines: Lines, problem: str) -> Fault:
    """Return the fault of a value; a problem of the whole experiment may begin with its place."""
    is_told = not location and problem.startswith(PLACES)
    name = problem[1:].partition("`")[0] if is_told else ""
    location = next((one for one in lines if dotted(one) == name), location)
    return faults.bad_value(_where(path, location, lines), dotted(location), problem)


def _key(location: Location) -> str:
    """Return the key of a value; in a list, the list's key."""
    return next((part for part in reversed(location) if isinstance(part, str)), "")


def _in_file(location: tuple[int | str, ...], lines: Lines) -> Location:
    """Drop from pydantic's location what the file does not have: the tags of unions."""
    kept: Location = ()
    for part in location:
        if (*kept, part) in lines:
            kept = (*kept, part)
    return kept


def _where(path: Path | None, location: Location, lines: Lines) -> str:
    if path is None:
        return NO_FILE
    if not location:
        return str(path)
    return f"{path}:{lines[location]}" if lines[location] else "--set"


def _keys_beside(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """Return the keys that the section of a refused key knows."""
    annotation: Any = model
    for part in location[:-1]:
        annotation = _descend(annotation, part)
    return [key for one in _models(annotation) for key in one.model_fields]


def _sections_with(model: type[BaseModel], key: str) -> list[str]:
    """Return a key's place in each section that has it: somebody may have left the section out."""
    sections = {name: _models(field.annotation) for name, field in model.model_fields.items()}
    return [
        f"{n}.{key}" for n, found in sections.items() for one in found if key in one.model_fields
    ]


def _descend(annotation: Any, part: int | str) -> Any:
    """Return the type found below `part`: a field, a dictionary's value, a list's item, a tag."""
    for model in _models(annotation):
        if part in model.model_fields:
            return model.model_fields[str(part)].annotation
        tag = model.model_fields.get("type")
        if tag is not None and part in typing.get_args(tag.annotation):
            return model
    arguments = typing.get_args(annotation)
    return arguments[-1] if typing.get_origin(annotation) in (dict, list) else annotation


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if typing.get_origin(annotation) in (typing.Annotated, typing.Union, types.UnionType):
        return [model for one in typing.get_args(annotation) for model in _models(one)]
    return []
