"""What a trainable takes, read from its source: only if importing it would surely say the same.

That is sure of a top-level `def` without decorators whose parameters are a dict or a dataclass of
the same file with plain fields, in a module that surely imports (`plain_module.py`). Everything
else needs the import, which `live_check.py` does in a process of its own.

Not griffe: it reads more forms of classes, but cannot tell whether an import would work, and costs
0.06 s of CPU (docs/decisions.md, 2026-11-26).
"""

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hpsearch.common.errors import UserError
from hpsearch.trainable import faults
from hpsearch.trainable.code import locate
from hpsearch.trainable.plain_module import PlainModule, plain_module
from hpsearch.trainable.signature import Field, Signature
from hpsearch.trainable.static_types import UnknownType, type_of, unquoted


def read_signature(reference: str, folder: Path) -> Signature | None:
    """Return the signature as the source says it, None if the source alone does not tell.

    Raises UserError if the file or the function is missing, or the file is not valid Python.
    """
    found = locate(reference, folder)
    if found.file is None:
        return None
    _check_syntax(reference, found.file)
    module = plain_module(reference, found.file, folder)
    if module is None:
        return None
    if found.function not in module.names:
        names = module.functions
        raise UserError(faults.trainable_function_missing(reference, found.function, names))
    node = module.functions.get(found.function)
    try:
        return None if node is None else _signature(node, module)
    except (UnknownType, TypeError):  # TypeError: no type, as `int | 3`
        return None


def _check_syntax(reference: str, file: Path) -> None:
    try:
        compile(file.read_bytes(), str(file), "exec", dont_inherit=True)
    except (SyntaxError, ValueError, OSError) as error:
        problem = f"{type(error).__name__}: {error}"
        raise UserError(faults.trainable_broken(reference, problem)) from None


def _signature(node: ast.FunctionDef, module: PlainModule) -> Signature:
    """Return what a function takes; raises UnknownType."""
    arguments = [*node.args.posonlyargs, *node.args.args]
    needed = len(arguments) - len(node.args.defaults)
    enough = len(arguments) >= 2 and needed <= 2 and None not in node.args.kw_defaults
    if not enough or node.decorator_list:
        raise UnknownType
    annotation = unquoted(arguments[0].annotation)
    if annotation is None:
        return Signature()
    if isinstance(annotation, ast.Name) and annotation.id in module.classes:
        return _dataclass(module.classes[annotation.id], module)
    outer = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    if type_of(outer, module) in (dict, Any, object, Mapping):
        return Signature()
    raise UnknownType


def _dataclass(node: ast.ClassDef, module: PlainModule) -> Signature:
    decorators = [module.meaning(_callee(one)) for one in node.decorator_list]
    if decorators != ["dataclasses.dataclass"] or node.bases or node.keywords:
        raise UnknownType
    fields: dict[str, Field] = {}
    for line in node.body:
        name = _field_name(line)
        if name in ("__init__", "__new__", *fields):
            raise UnknownType
        if isinstance(line, ast.AnnAssign):
            fields[name] = _field(line, module)
    return Signature(node.name, fields)


def _field(line: ast.AnnAssign, module: PlainModule) -> Field:
    required = line.value is None
    if isinstance(line.value, ast.Call):
        given = {keyword.arg for keyword in line.value.keywords}
        known = {"default", "default_factory", "metadata", "repr", "kw_only"}
        if module.meaning(line.value.func) != "dataclasses.field" or given - known:
            raise UnknownType
        required = not given & {"default", "default_factory"}
    return Field(required, type_of(line.annotation, module))


def _callee(node: ast.expr) -> ast.expr:
    return node.func if isinstance(node, ast.Call) else node


def _field_name(line: ast.stmt) -> str:
    """Return the name that a line of a dataclass binds; "" for its docstring."""
    if isinstance(line, ast.FunctionDef):
        return line.name
    if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
        return line.target.id
    if isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant):
        return ""
    raise UnknownType
