"""Arithmetic in Python's syntax, checked and computed node by node: nothing else is evaluated.

No number grows without limit, so `9**9**9` is refused at once.
"""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from hpsearch.experiment.condition import is_number

MOST_BITS = 1024
"""Of a whole number: about as large as the largest float."""

MOST_DIGITS = 300
"""To which `round` may round."""


class NotArithmetic(Exception):
    """A part of an expression is not allowed; holds its syntax tree, or says why."""


def check(node: ast.AST, names: Mapping[str, Any]) -> None:
    """Raise NotArithmetic if a part of the expression is not allowed, or no name of these."""
    match node:
        case ast.Constant(value=value) if is_number(value):
            return
        case ast.Name(id=name) if name in names:
            return
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            check(operand, names)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            check(left, names)
            check(right, names)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in FUNCTIONS:
            least, most = ARGUMENTS[name]
            if not least <= len(args) <= most:
                raise NotArithmetic(node)
            for one in args:
                check(one, names)
        case _:
            raise NotArithmetic(node)


def compute(node: ast.AST, values: Mapping[str, float]) -> Any:
    """Return what a checked expression comes to; raises ArithmeticError or ValueError."""
    match node:
        case ast.Name(id=name):
            return values[name]
        case ast.Constant(value=value):
            return value
        case ast.UnaryOp(op=op, operand=operand):
            value = compute(operand, values)
            return -value if isinstance(op, ast.USub) else value
        case ast.BinOp(left=left, op=op, right=right):
            return _limited(OPERATORS[type(op)](compute(left, values), compute(right, values)))
        case ast.Call(func=ast.Name(id=name), args=args):
            return FUNCTIONS[name](*(compute(one, values) for one in args))
    raise NotArithmetic(node)


def _limited(value: Any) -> Any:
    if isinstance(value, complex) or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError("it is not a finite real number")
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        raise OverflowError("the number is too large")
    return value


def _power(base: Any, exponent: Any) -> Any:
    is_whole = isinstance(base, int) and isinstance(exponent, int)
    if is_whole and abs(base) > 1 and base.bit_length() * exponent > 2 * MOST_BITS:
        raise OverflowError("the number is too large")
    return base**exponent


def _round(value: Any, digits: Any = None) -> Any:
    if digits is not None and not (isinstance(digits, int) and abs(digits) <= MOST_DIGITS):
        raise ValueError(f"round takes a whole number of digits, at most {MOST_DIGITS}")
    return round(value, digits)


OPERATORS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
}
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "min": min,
    "max": max,
    "round": _round,
    "int": int,
    "float": float,
    "abs": abs,
}
ARGUMENTS: Mapping[str, tuple[int, int]] = {
    **dict.fromkeys(FUNCTIONS, (1, 1)),
    **{"min": (2, 100), "max": (2, 100), "round": (1, 2)},
}
"""How many values a function takes, at least and at most."""
