"""The type that an annotation means, told from its source: only types that need no import."""

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Union

from hpsearch.common.syntax import parse_expression
from hpsearch.trainable.plain_module import PlainModule

TYPES: Mapping[str, Any] = {
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
"""Those that take types in brackets."""


class UnknownType(Exception):
    """The source alone does not tell."""


def type_of(node: ast.expr | None, module: PlainModule) -> Any:
    """Return what an annotation of this module means; raises UnknownType."""
    node = unquoted(node)
    if isinstance(node, ast.Constant) and node.value is None:
        return None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return Union[type_of(node.left, module), type_of(node.right, module)]  # noqa: UP007
    if isinstance(node, ast.Subscript):
        return _subscripted(module.meaning(node.value), node.slice, module)
    meaning = module.meaning(node)
    if meaning not in TYPES:
        raise UnknownType
    return TYPES[meaning]


def unquoted(node: ast.expr | None) -> ast.expr | None:
    """Return the expression in a quoted annotation; raises UnknownType."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            return parse_expression(node.value)
        except SyntaxError:
            raise UnknownType from None
    return node


def _subscripted(outer: str, inside: ast.expr, module: PlainModule) -> Any:
    parts = inside.elts if isinstance(inside, ast.Tuple) else [inside]
    if outer == "typing.Literal":
        try:
            return Literal[tuple(ast.literal_eval(part) for part in parts)]
        except ValueError:
            raise UnknownType from None
    if outer == "typing.Optional":
        return Union[None, type_of(inside, module)]  # noqa: UP007
    if outer not in GENERICS:
        raise UnknownType
    return GENERICS[outer][tuple(type_of(part, module) for part in parts)]
