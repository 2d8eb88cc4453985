"""Turns pydantic's errors into faults that name file, line, path and the way to fix it."""

import types
import typing
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from hpsearch.common import faults
from hpsearch.common.errors import Fault
from hpsearch.experiment.yaml_file import Lines, Location, dotted


def faults_of(
    error: ValidationError, model: type[BaseModel], path: Path | None, lines: Lines
) -> list[Fault]:
    """Return one fault for each thing that is wrong; `path` is None if Python made it."""
    found: list[Fault] = []
    for detail in error.errors(include_url=False):
        location = _in_file(detail["loc"], lines)
        where = _where(path, location, lines)
        found.extend(_faults(detail, location, where, model))
    return list(dict.fromkeys(found))


def _faults(
    detail: ErrorDetails, location: Location, where: str, model: type[BaseModel]
) -> list[Fault]:
    name = dotted(location)
    if detail["type"] == "extra_forbidden":
        return [faults.unknown_key(where, name, _keys_beside(model, detail["loc"]))]
    if detail["type"] == "missing":
        return [faults.missing_key(where, dotted((*location, detail["loc"][-1])))]
    if detail["type"] == "value_error":
        problems = str(detail["ctx"]["error"]).split("\n")
        return [faults.bad_value(where, name, problem) for problem in problems]
    return [faults.wrong_value(where, name, detail["input"], detail["msg"])]


def _in_file(location: tuple[int | str, ...], lines: Lines) -> Location:
    """Drop from pydantic's location what the file does not have: the tags of unions."""
    kept: Location = ()
    for part in location:
        if (*kept, part) in lines:
            kept = (*kept, part)
    return kept


def _where(path: Path | None, location: Location, lines: Lines) -> str:
    if path is None:
        return "the experiment"
    if not location:
        return str(path)
    return f"{path}:{lines[location]}" if lines[location] else "--set"


def _keys_beside(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """Return the keys that the section of a refused key knows."""
    annotation: Any = model
    for part in location[:-1]:
        annotation = _descend(annotation, part)
    return [key for one in _models(annotation) for key in one.model_fields]


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
