"""What of a module's statements is executed on import, and whether that could raise."""

import ast
from collections.abc import Collection, Iterator

SAFE_CALLS = {
    *("range", "tuple", "list", "set", "frozenset", "dict"),
    *("Path", "pathlib.Path", "getLogger", "logging.getLogger"),
    *("field", "dataclasses.field", "dataclass", "dataclasses.dataclass"),
}
"""What may be called while a module is imported."""

DATACLASS_OPTIONS = {"frozen", "slots", "kw_only", "eq", "order"}


class NotPlain(Exception):
    """Executing this could do anything."""


def executed(node: ast.stmt, *, postponed: bool) -> Iterator[ast.expr]:
    """Yield what a statement evaluates; raises NotPlain for a kind that is not analysed.

    `postponed` annotations are not evaluated.
    """
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield from _without_empty_calls(node.decorator_list)
        yield from (one for one in (*node.args.defaults, *node.args.kw_defaults) if one)
        yield from () if postponed else _annotations(node)
    elif isinstance(node, ast.ClassDef):
        _check_class(node)
        yield from (*node.decorator_list, *node.bases)
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield from (one for one in (node.value,) if one)
        yield from () if postponed else [node.annotation]
    elif isinstance(node, ast.Assign) and all(isinstance(t, ast.Name) for t in node.targets):
        yield node.value
    elif not isinstance(node, ast.Pass) and not _is_constant(node):
        raise NotPlain


def bound(node: ast.stmt) -> list[str]:
    """Return the names that a statement binds."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else []
    if isinstance(node, ast.AnnAssign) and node.value is not None:
        targets = [node.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def check_expression(node: ast.expr, known: Collection[str], imports: Collection[str]) -> None:
    """Raise NotPlain if evaluating an expression could raise.

    `known` are the names that are there; attributes are believed of those that were imported.
    """
    names = [one for one in ast.walk(node) if isinstance(one, ast.Name)]
    stored = {one.id for one in names if isinstance(one.ctx, ast.Store)}
    if any(one.id not in known and one.id not in stored for one in names):
        raise NotPlain
    if not all(_is_safe(one, imports) for one in ast.walk(node)):
        raise NotPlain


def _is_safe(node: ast.AST, imports: Collection[str]) -> bool:
    """Return whether evaluating this node surely works, if what is in it does."""
    if isinstance(node, ast.Call):
        return ast.unparse(node.func) in SAFE_CALLS
    if isinstance(node, ast.Attribute):
        return not isinstance(node.value, ast.Name) or node.value.id in imports
    if isinstance(node, ast.Subscript):
        return _is_generic(node, imports)
    if isinstance(node, ast.BinOp):
        return _is_safe_operation(node)
    return not isinstance(node, ast.Lambda | ast.NamedExpr)


def _is_generic(node: ast.Subscript, imports: Collection[str]) -> bool:
    """Return whether this is a type with its arguments, not a value looked up."""
    name = ast.unparse(node.value)
    if isinstance(node.slice, ast.Constant):
        return name.endswith(("Literal", "Optional", "list", "set"))
    if name.endswith("Optional"):
        return not isinstance(node.slice, ast.Tuple)
    root = name.partition(".")[0]
    return root in imports or root in ("list", "dict", "set", "frozenset", "tuple", "type")


def _is_safe_operation(node: ast.BinOp) -> bool:
    sides = [one.value for one in (node.left, node.right) if isinstance(one, ast.Constant)]
    if isinstance(node.op, ast.Div):  # of a path
        return isinstance(node.right, ast.Constant) and isinstance(node.right.value, str)
    if isinstance(node.op, ast.BitOr):  # of types
        return sides in ([], [None])
    return isinstance(node.op, ast.Mult | ast.Pow) and not any(isinstance(s, str) for s in sides)


def _check_class(node: ast.ClassDef) -> None:
    """Raise NotPlain if a decorator or a base class could refuse the fields."""
    lines = [one for one in node.body if isinstance(one, ast.AnnAssign)]
    required = [one.value is None for one in lines]
    calls = [one for one in node.decorator_list if isinstance(one, ast.Call)]
    if (
        node.keywords
        or (lines and not {ast.unparse(one) for one in node.bases} <= {"NamedTuple"})
        or required != sorted(required, reverse=True)  # one without a default after one with
        or {word.arg for one in calls for word in one.keywords} - DATACLASS_OPTIONS
        or not all(_is_default(one.value) for one in lines)
    ):
        raise NotPlain


def _is_default(value: ast.expr | None) -> bool:
    """Return whether a field can surely have this default: no list, no dict, nothing by name."""
    if isinstance(value, ast.Call):
        own = ast.unparse(value.func) in ("field", "dataclasses.field")
        given = {word.arg: word.value for word in value.keywords}
        made = given.pop("default_factory", None)
        both = made is not None and "default" in given
        return own and not value.args and not both and all(map(_is_default, given.values()))
    if isinstance(value, ast.Tuple):
        return all(map(_is_default, value.elts))
    if isinstance(value, ast.UnaryOp):
        return isinstance(value.operand, ast.Constant) and not isinstance(value.operand.value, str)
    return value is None or isinstance(value, ast.Constant)


def _annotations(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.expr]:
    given = node.args
    several = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    found = [one.annotation for one in several if one is not None]
    yield from (one for one in (*found, node.returns) if one is not None)


def _without_empty_calls(decorators: list[ast.expr]) -> Iterator[ast.expr]:
    """Yield decorators; of `@no_grad()` the name alone."""
    for one in decorators:
        empty = isinstance(one, ast.Call) and not one.args and not one.keywords
        yield one.func if empty and isinstance(one, ast.Call) else one


def _is_constant(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
