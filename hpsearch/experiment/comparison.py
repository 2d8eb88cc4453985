"""Whether comparisons of hyperparameters hold: orders of numbers, equality, membership."""

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from hpsearch.experiment.arithmetic import compute
from hpsearch.experiment.condition import is_number
from hpsearch.experiment.scalar import is_same

ORDERS: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
EQUALS = (ast.Eq, ast.NotEq)
CONTAINS = (ast.In, ast.NotIn)


def truth(node: ast.expr, values: Mapping[str, Any]) -> bool:
    """Return whether a tree of comparisons holds; raises what computing its parts raises."""
    match node:
        case ast.BoolOp(op=op, values=parts):
            join = all if isinstance(op, ast.And) else any
            return join(truth(one, values) for one in parts)
        case ast.UnaryOp(operand=operand):
            return not truth(operand, values)
        case ast.Compare(left=left, ops=ops, comparators=others):
            sides = [left, *others]
            pairs = zip(sides, ops, others, strict=False)
            return all(_compared(one, op, other, values) for one, op, other in pairs)
    return values[node.id] is True  # type: ignore[attr-defined]


def _compared(one: ast.expr, op: ast.cmpop, other: ast.expr, values: Mapping[str, Any]) -> bool:
    left = compute(one, values)
    if isinstance(op, CONTAINS):
        listed = [compute(each, values) for each in other.elts]  # type: ignore[attr-defined]
        return any(_is_equal(left, each) for each in listed) is isinstance(op, ast.In)
    right = compute(other, values)
    if isinstance(op, EQUALS):
        return _is_equal(left, right) is isinstance(op, ast.Eq)
    if not (is_number(left) and is_number(right)):
        raise TypeError
    return ORDERS[type(op)](left, right)


def _is_equal(one: Any, other: Any) -> bool:
    """Return whether two values are the same; 1 and 1.0 are, 1 and true are not."""
    return bool(one == other) if is_number(one) and is_number(other) else is_same(one, other)
