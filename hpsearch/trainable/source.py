"""What a trainable takes, read from its source: only where importing it would surely say the same.

Sure is a top-level `def` without decorators whose parameters are a dict or a dataclass of the same
file with plain fields, in a module of which importing is plain (`plain_module.py`). Everything else
is not known from the source.
"""

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Union

from hpsearch.common.errors import UserError
from hpsearch.trainable import faults
from hpsearch.trainable.parameters import Field, Signature
from hpsearch.trainable.plain_module import PlainModule, plain_module

HINTS: Mapping[str, Any] = {
    **{f"builtins.{kind.__name__}": kind for kind in (int, float, str, bool, object)},
    **{f"builtins.{kind.__name__}": kind for kind in (dict, list, set)},
    "typing.Any": Any,
    "collections.abc.Mapping": Mapping,
    "typing.Mapping": Mapping,
    "pathlib.Path": Path,
}
"""The types that are known without importing what the file imports."""


GENERICS: Mapping[str, Any] = {
    **{f"builtins.{kind.__name__}": kind for kind in (dict, list, set)},
    "typing.Union": Union,
}
"""Those that have types in brackets."""


class _Unknown(Exception):
    """The source alone does not tell."""


def read_source(reference: str, file: Path, function: str, folder: Path) -> Signature | None:
    """Return the signature as the source says it, or None; raises UserError for broken Python."""
    try:
        tree = ast.parse(file.read_bytes(), str(file))
        compile(tree, str(file), "exec", dont_inherit=True)
    except (SyntaxError, ValueError, OSError) as error:
        raise UserError(
            faults.trainable_broken(reference, f"{type(error).__name__}: {error}")
        ) from None
    module = plain_module(reference, file, folder)
    if module is None:
        return None
    if function not in module.names:
        raise UserError(faults.trainable_function_missing(reference, function, module.functions))
    node = module.functions.get(function)
    try:
        return _Reader(module).signature(node) if node is not None else None
    except (_Unknown, TypeError):  # no type, as `int | 3`
        return None


class _Reader:
    """Reads one plain module."""

    def __init__(self, module: PlainModule) -> None:
        self._module = module

    def signature(self, node: ast.FunctionDef) -> Signature:
        """Return what a function takes; raises _Unknown."""
        arguments = [*node.args.posonlyargs, *node.args.args]
        needed = len(arguments) - len(node.args.defaults)
        enough = len(arguments) >= 2 and needed <= 2 and None not in node.args.kw_defaults
        if not enough or node.decorator_list or _yields(node):
            raise _Unknown
        annotation = _unquoted(arguments[0].annotation)
        if annotation is None:
            return Signature()
        if isinstance(annotation, ast.Name) and annotation.id in self._module.classes:
            return self._dataclass(self._module.classes[annotation.id])
        outer = annotation.value if isinstance(annotation, ast.Subscript) else annotation
        if self._hint(outer) in (dict, Any, object, Mapping):
            return Signature()
        raise _Unknown

    def _dataclass(self, node: ast.ClassDef) -> Signature:
        decorators = [self._module.meaning(_callee(one)) for one in node.decorator_list]
        if decorators != ["dataclasses.dataclass"] or node.bases or node.keywords:
            raise _Unknown
        fields: dict[str, Field] = {}
        for line in node.body:
            name = _field_name(line)
            if name in ("__init__", "__new__", *fields):
                raise _Unknown
            if isinstance(line, ast.AnnAssign):
                fields[name] = self._field(line)
        return Signature(node.name, fields)

    def _field(self, line: ast.AnnAssign) -> Field:
        required = line.value is None
        if isinstance(line.value, ast.Call):
            given = {keyword.arg for keyword in line.value.keywords}
            known = {"default", "default_factory", "metadata", "repr", "kw_only"}
            if self._module.meaning(line.value.func) != "dataclasses.field" or given - known:
                raise _Unknown
            required = not given & {"default", "default_factory"}
        return Field(required, self._hint(line.annotation))

    def _hint(self, node: ast.expr | None) -> Any:
        """Return what an annotation means."""
        node = _unquoted(node)
        if isinstance(node, ast.Constant) and node.value is None:
            return None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return Union[self._hint(node.left), self._hint(node.right)]  # noqa: UP007
        if isinstance(node, ast.Subscript):
            return self._subscripted(self._module.meaning(node.value), node.slice)
        meaning = self._module.meaning(node)
        if meaning not in HINTS:
            raise _Unknown
        return HINTS[meaning]

    def _subscripted(self, outer: str, inside: ast.expr) -> Any:
        parts = inside.elts if isinstance(inside, ast.Tuple) else [inside]
        if outer == "typing.Literal":
            try:
                return Literal[tuple(ast.literal_eval(part) for part in parts)]
            except ValueError:
                raise _Unknown from None
        if outer == "typing.Optional":
            return Union[None, self._hint(inside)]  # noqa: UP007
        if outer not in GENERICS:
            raise _Unknown
        return GENERICS[outer][tuple(self._hint(part) for part in parts)]


def _callee(node: ast.expr) -> ast.expr:
    return node.func if isinstance(node, ast.Call) else node


def _unquoted(node: ast.expr | None) -> ast.expr | None:
    """Return the expression in a quoted annotation."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            return ast.parse(node.value, mode="eval").body
        except SyntaxError:
            raise _Unknown from None
    return node


def _field_name(line: ast.stmt) -> str:
    """Return the name that a line of a dataclass takes; "" for its docstring."""
    if isinstance(line, ast.FunctionDef):
        return line.name
    if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
        return line.target.id
    if isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant):
        return ""
    raise _Unknown


def _yields(node: ast.AST) -> bool:
    """Return whether a function has a `yield` of its own; those of inner ones do no harm here."""
    return any(isinstance(one, ast.Yield | ast.YieldFrom) for one in ast.walk(node))
