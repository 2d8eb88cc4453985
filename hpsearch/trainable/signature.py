"""What hyperparameters a trainable takes: read from its source without running it, and compared.

`validate` must not import torch for three seconds to find a typo. Covered: a dataclass in the same
file, with plain annotations. Not covered: one imported from elsewhere; the search compares that
one, with the module imported, before its first trial.
"""

import ast
import dataclasses
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any, Literal

from hpsearch.common import faults
from hpsearch.common.errors import Fault, UserError
from hpsearch.common.trial import Value
from hpsearch.trainable.loading import Trainable

if typing.TYPE_CHECKING:
    from hpsearch.experiment.schema import Experiment


@dataclass(frozen=True)
class Field:
    """One hyperparameter of a trainable; `types` and `allowed` are empty where anything goes."""

    required: bool
    types: tuple[str, ...] = ()
    allowed: tuple[Value, ...] = ()

    def takes(self, value: Value) -> bool:
        """Return whether the annotation admits the value; a whole number may be a float."""
        if self.allowed:
            return any(value == one and type(value) is type(one) for one in self.allowed)
        kind = type(value).__name__
        return not self.types or kind in self.types or (kind == "int" and "float" in self.types)

    def __str__(self) -> str:
        return " | ".join(self.types or [repr(value) for value in self.allowed])


@dataclass(frozen=True)
class Signature:
    """The fields of a trainable's parameters; `fields` is None where it takes a plain dict."""

    type_name: str = "dict"
    fields: Mapping[str, Field] | None = None


def compare(experiment: "Experiment", signature: Signature) -> list[Fault]:
    """Return what the experiment gives and the trainable does not take, and the other way round."""
    if signature.fields is None:
        return []
    from hpsearch.experiment.space import (
        examples,  # here: a worker needs no pydantic, 0.1 s of its start
    )

    given: dict[str, Sequence[Value]] = {f"params.{k}": (v,) for k, v in experiment.params.items()}
    given |= {f"space.{k}": examples(p) for k, p in experiment.space.items()}
    found = [
        fault for where, values in given.items() for fault in _compare(where, values, signature)
    ]
    always = {*experiment.params, *(k for k, p in experiment.space.items() if not p.when)}
    needed = [name for name, field in signature.fields.items() if field.required]
    missing = [name for name in needed if name not in always]
    return found + [faults.missing_parameter(name, signature.type_name) for name in missing]


def _compare(where: str, values: Sequence[Value], signature: Signature) -> list[Fault]:
    fields = signature.fields or {}
    name = where.partition(".")[2]
    if name not in fields:
        return [faults.unknown_parameter(where, name, signature.type_name, fields)]
    wrong = [value for value in values if not fields[name].takes(value)]
    return [faults.parameter_type(where, value, str(fields[name])) for value in wrong[:1]]


def live_signature(trainable: Trainable) -> Signature:
    """Return the signature of a trainable that was imported."""
    params = trainable.params_type
    if params is None:
        return Signature()
    hints = typing.get_type_hints(params)
    fields = {
        field.name: _live_field(field, hints[field.name])
        for field in dataclasses.fields(params)
        if field.init
    }
    return Signature(params.__name__, fields)


def _live_field(field: "dataclasses.Field[Any]", hint: Any) -> Field:
    missing = dataclasses.MISSING
    required = field.default is missing and field.default_factory is missing
    if typing.get_origin(hint) is Literal:
        return Field(required, allowed=typing.get_args(hint))
    options = typing.get_args(hint) or (hint,)
    return Field(required, tuple(getattr(one, "__name__", "Any") for one in options))


def read_signature(reference: str, folder: Path) -> Signature | None:
    """Return the signature as the source says it, None where the source alone does not tell.

    Raises UserError where the file or function is missing or the file is no Python.
    """
    place, _, function = reference.rpartition(":")
    file = folder / place if place.endswith(".py") else _module_file(reference, place, folder)
    if file is None:
        return None
    if not file.is_file():
        siblings = [path.name for path in file.parent.glob("*.py")]
        raise UserError(faults.trainable_file_missing(reference, file, siblings))
    return _read(reference, file, function)


def _read(reference: str, file: Path, function: str) -> Signature | None:
    try:
        body = ast.parse(file.read_bytes(), str(file)).body
    except (SyntaxError, ValueError, OSError) as error:
        raise UserError(
            faults.trainable_broken(reference, f"{type(error).__name__}: {error}")
        ) from None
    functions = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
    if function not in functions:
        if any(
            isinstance(node, ast.ImportFrom | ast.Assign) and _binds(node, function)
            for node in body
        ):
            return None
        raise UserError(faults.trainable_function_missing(reference, function, functions))
    classes = {node.name: node for node in body if isinstance(node, ast.ClassDef)}
    return _signature_of(functions[function], classes)


def _binds(node: ast.ImportFrom | ast.Assign, name: str) -> bool:
    if isinstance(node, ast.ImportFrom):
        return any((alias.asname or alias.name) in (name, "*") for alias in node.names)
    return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)


def _signature_of(
    function: ast.FunctionDef, classes: Mapping[str, ast.ClassDef]
) -> Signature | None:
    arguments = [*function.args.posonlyargs, *function.args.args]
    annotation = arguments[0].annotation if arguments else None
    if annotation is None:
        return Signature()
    name = ast.unparse(annotation).strip("'\"")  # `from __future__` or quotes: the same name
    if name not in classes:
        plain = name.split("[")[0] in ("dict", "Mapping", "Any")
        return Signature() if plain else None
    if classes[name].bases:
        return None  # inherited fields stand elsewhere
    return Signature(name, _fields(classes[name]))


def _fields(node: ast.ClassDef) -> dict[str, Field]:
    return {
        line.target.id: _static_field(line)
        for line in node.body
        if isinstance(line, ast.AnnAssign)
        and isinstance(line.target, ast.Name)
        and not ast.unparse(line.annotation).startswith("ClassVar")
    }


def _static_field(line: ast.AnnAssign) -> Field:
    required = line.value is None or _is_field_without_default(line.value)
    text = ast.unparse(line.annotation)
    if text.startswith("Literal["):
        return Field(required, allowed=_literals(text))
    names = tuple(part.strip().replace("None", "NoneType") for part in text.split("|"))
    known = {"int", "float", "str", "bool", "NoneType"}
    return Field(required, names if known.issuperset(names) else ())


def _is_field_without_default(value: ast.expr) -> bool:
    if not (isinstance(value, ast.Call) and ast.unparse(value.func).endswith("field")):
        return False
    return not any(keyword.arg in ("default", "default_factory") for keyword in value.keywords)


def _literals(text: str) -> tuple[Value, ...]:
    values = ast.literal_eval(f"({text.removeprefix('Literal[').removesuffix(']')},)")
    return tuple(values)


def _module_file(reference: str, module: str, folder: Path) -> Path | None:
    """Find a module's source without importing its parents."""
    top, *rest = module.split(".")
    spec = PathFinder.find_spec(top, [str(folder)]) or PathFinder.find_spec(top)
    if spec is None:
        raise UserError(faults.trainable_module_missing(reference, module))
    if not rest:
        return Path(spec.origin) if spec.origin and spec.origin.endswith(".py") else None
    places = [Path(place, *rest) for place in spec.submodule_search_locations or ()]
    files = [file for place in places for file in (place.with_suffix(".py"), place / "__init__.py")]
    return next((file for file in files if file.is_file()), None)
