"""What must hold for the hyperparameters of every trial, such as `filters_1 < filters_2`.

Comparisons of arithmetic, joined by `and`, `or` and `not`, in Python's syntax; nothing else is
evaluated. A name with dots is written as it is; one that Python cannot read, as `${name}`.
"""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from hpsearch.common.syntax import parse_expression
from hpsearch.experiment.arithmetic import FUNCTIONS, NotArithmetic, check, compute
from hpsearch.experiment.comparison import CONTAINS, EQUALS, ORDERS, truth
from hpsearch.experiment.formula import LONGEST, NAME, STAND_IN

DIVISIONS = (ast.Div, ast.FloorDiv, ast.Mod)

ITEM = re.compile(
    r"""("[^"]*"|'[^']*'|\$\{[^}]*\})|(?<![\w.])([^\W\d]\w*(?:\.\w+)*\.\d+(?:\.\w+)*)(?![\w.])"""
)
"""A name with an item of a list, `widths.0`, which is no name in Python; texts are left alone."""

WORDS = {"true": True, "false": False, "null": None}
"""YAML's words for values that Python writes with a capital."""


@dataclass(frozen=True)
class Requirement:
    """A requirement: the names in it, those that must be numbers, and its syntax tree.

    `flags` must be true or false, `values` are what a name is compared with for equality.
    """

    text: str
    names: tuple[str, ...]
    numbers: frozenset[str]
    flags: frozenset[str]
    values: tuple[tuple[str, Any], ...]
    tree: ast.expr

    def holds(self, params: Mapping[str, Any]) -> bool | None:
        """Return whether it holds; None if a hyperparameter that it names is not there.

        What cannot be calculated, as it divides by zero, does not hold.
        """
        if any(name not in params for name in self.names):
            return None
        values = {f"{STAND_IN}{index}": params[name] for index, name in enumerate(self.names)}
        try:
            return truth(self.tree, values)
        except (ArithmeticError, ValueError, TypeError):
            return False


@lru_cache(maxsize=1024)
def parse_requirement(text: str) -> Requirement:
    """Return the requirement of a text; raises ValueError with `what; fix`."""
    if len(text) > LONGEST:
        raise ValueError(f"has {len(text)} characters, at most {LONGEST} are read; shorten it")
    written = ITEM.sub(lambda match: match[1] or f"${{{match[2]}}}", text)
    names = _Names(NAME.findall(written))
    given = iter(names.given)
    source = NAME.sub(lambda _: f" {names.stand_in(next(given))} ", written)
    try:
        tree = names.visit(parse_expression(" ".join(source.split())))
        _check(tree, names)
    except NotArithmetic as error:
        raise ValueError(_why_not(names.shown(error.args[0]))) from None
    except (SyntaxError, RecursionError, MemoryError):
        raise ValueError(_why_not(text)) from None
    if not names.found:
        raise ValueError(f"is `{text}`, which names no hyperparameter; name one, or remove it")
    if any(map(_divides_by_zero, ast.walk(tree))):
        raise ValueError("divides by zero, so it never holds; divide by something else")
    return Requirement(
        text, tuple(names.found), frozenset(names.numbers), frozenset(names.flags),
        tuple(names.values), tree,
    )  # fmt: skip


class _Names(ast.NodeTransformer):
    """Puts a stand-in instead of each name, which may have dots."""

    def __init__(self, given: list[str]) -> None:
        self.given = given
        self.found: list[str] = []
        self.numbers: set[str] = set()
        self.flags: set[str] = set()
        self.values: list[tuple[str, Any]] = []

    def stand_in(self, name: str) -> str:
        if name not in self.found:
            self.found.append(name)
        return f"{STAND_IN}{self.found.index(name)}"

    def name(self, node: ast.AST) -> str | None:
        """Return the name that a stand-in is for; None if it is none."""
        if not isinstance(node, ast.Name) or not node.id.startswith(STAND_IN):
            return None
        return self.found[int(node.id.removeprefix(STAND_IN))]

    def note_numbers(self, node: ast.AST) -> None:
        self.numbers.update(filter(None, map(self.name, ast.walk(node))))

    def note_values(self, *sides: ast.expr) -> None:
        """Note what a name alone is compared with for equality: constants, or a list of them."""
        for one, other in (sides, sides[::-1]):
            name = self.name(one)
            listed = other.elts if isinstance(other, ast.List | ast.Tuple) else [other]
            if name is not None:
                constants = (each for each in listed if isinstance(each, ast.Constant))
                self.values += [(name, each.value) for each in constants]

    def shown(self, node: ast.AST) -> str:
        part = ast.unparse(node)
        for index, name in reversed([*enumerate(self.found)]):
            part = part.replace(f"{STAND_IN}{index}", name)
        return part

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in WORDS:
            return ast.Constant(WORDS[node.id])
        return node if self.name(node) is not None else ast.Name(self.stand_in(node.id))

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        text = ast.unparse(node)
        is_dotted = all(part.isidentifier() for part in text.split("."))
        return ast.Name(self.stand_in(text)) if is_dotted and STAND_IN not in text else node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        node.args = [self.visit(one) for one in node.args]
        return node


def _check(node: ast.expr, names: _Names) -> None:
    """Raise NotArithmetic if a part is not allowed; note which names must be numbers."""
    match node:
        case ast.BoolOp(values=values):
            for one in values:
                _check(one, names)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            _check(operand, names)
        case ast.Compare(left=left, ops=ops, comparators=others):
            sides = [left, *others]
            for one, op, other in zip(sides, ops, others, strict=False):
                _check_comparison(one, op, other, names)
        case ast.Name() if names.name(node) is not None:
            names.flags.add(names.name(node) or "")  # true or false itself
        case _:
            raise NotArithmetic(node)


def _check_comparison(one: ast.expr, op: ast.cmpop, other: ast.expr, names: _Names) -> None:
    stand_ins = {f"{STAND_IN}{index}": name for index, name in enumerate(names.found)}
    is_order = type(op) in ORDERS
    for side in (one, other):
        if isinstance(op, CONTAINS) and side is other:
            if not _is_listed(side):
                raise NotArithmetic(side)
        elif is_order or not isinstance(side, ast.Name | ast.Constant):
            check(side, stand_ins)
            names.note_numbers(side)
    if not is_order:
        names.note_values(one, other)
    if not is_order and not isinstance(op, (*EQUALS, *CONTAINS)):
        raise NotArithmetic(ast.Compare(one, [op], [other]))


def _divides_by_zero(node: ast.AST) -> bool:
    """Return whether this is a division by numbers that come to 0."""
    if not (isinstance(node, ast.BinOp) and isinstance(node.op, DIVISIONS)):
        return False
    if any(isinstance(one, ast.Name) for one in ast.walk(node.right)):
        return False
    try:
        return bool(compute(node.right, {}) == 0)
    except (ArithmeticError, ValueError, TypeError):
        return False


def _is_listed(node: ast.expr) -> bool:
    is_list = isinstance(node, ast.List | ast.Tuple)
    return is_list and all(isinstance(one, ast.Constant) for one in node.elts)  # type: ignore[attr-defined]


def _why_not(part: str) -> str:
    functions = ", ".join(f"`{name}`" for name in FUNCTIONS)
    return (
        f"has `{part}`, which is no comparison of hyperparameters; write one such as `a < b`, "
        f'`a * b <= 100` or `a == "text" or b in [1, 2]`, with + - * / // % **, {functions}'
    )
