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
from pathlib import Path
from typing import Any, Literal

from hpsearch import faults
from hpsearch.code import locate
from hpsearch.errors import Fault, UserError
from hpsearch.trainable import Trainable
from hpsearch.trial import Value

if typing.TYPE_CHECKING:
    from hpsearch.experiment import Experiment


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
    from hpsearch.space import examples  # here: a worker needs no pydantic, 0.1 s of its start

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
    source = locate(reference, folder)
    return _read(reference, source.file, source.function) if source.file is not None else None


def _read(reference: str, file: Path, function: str) -> Signature | None:
    try:
        body = ast.parse(file.read_bytes(), str(file)).body
    except (SyntaxError, ValueError, OSError) as error:
        raise UserError(
            faults.trainable_broken(reference, f"{type(error).__name__}: {error}")
        ) from None
    functions = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
    if function not in functions:
        return None  # imported, or made otherwise: `locate` has found that it may be there
    classes = {node.name: node for node in body if isinstance(node, ast.ClassDef)}
    return _signature_of(functions[function], classes)


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
