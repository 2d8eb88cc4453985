"""A formula: a fixed hyperparameter that is arithmetic on others, `"${filters} * 8"`.

`"${name}"` alone is a copy, of any type.
"""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from hpsearch.common.syntax import parse_expression
from hpsearch.common.text import written
from hpsearch.common.trial import Value
from hpsearch.experiment.arithmetic import FUNCTIONS, NotArithmetic, check, compute
from hpsearch.experiment.condition import is_number

NAME = re.compile(r"\$\{\s*([^{}]*?)\s*\}")
STAND_IN = "__name_"
"""With its index instead of a `${name}`, which need not be a name in Python."""

LONGEST = 500
"""Characters of a formula."""


class Incomputable(Exception):
    """A formula has no value for a trial's hyperparameters; says why."""


def is_formula(value: object) -> bool:
    """Return whether the value of a fixed hyperparameter is a formula."""
    return isinstance(value, str) and "${" in value


@dataclass(frozen=True)
class Formula:
    """A formula, the names in it and its syntax tree."""

    text: str
    names: tuple[str, ...]
    tree: ast.expr

    @property
    def is_copy(self) -> bool:
        """Whether it is nothing but another hyperparameter."""
        return isinstance(self.tree, ast.Name)

    def value(self, params: Mapping[str, Value]) -> Value:
        """Return what it comes to for params that have all its names; raises Incomputable."""
        if self.is_copy:
            return params[self.names[0]]
        try:
            values = {f"{STAND_IN}{i}": self._number(n, params) for i, n in enumerate(self.names)}
            found: float = compute(self.tree, values)
        except ZeroDivisionError:
            raise self._incomputable(params, "it divides by zero") from None
        except OverflowError:
            raise self._incomputable(params, "the number is too large") from None
        except ValueError as error:
            raise self._incomputable(params, str(error)) from None
        return found

    def _incomputable(self, params: Mapping[str, Value], why: str) -> Incomputable:
        given = ", ".join(f"{n} = {written(params[n])}" for n in dict.fromkeys(self.names))
        return Incomputable(f"`{self.text}` cannot be computed for {given}: {why}")

    def _number(self, name: str, params: Mapping[str, Value]) -> float:
        value = params[name]
        if not is_number(value):
            raise ValueError(f"`{name}` is not a number")
        return value


@lru_cache(maxsize=1024)
def parse_formula(text: str) -> Formula:
    """Return the formula of a text; raises ValueError with `what; fix`."""
    if len(text) > LONGEST:
        raise ValueError(f"has {len(text)} characters, at most {LONGEST} are read; shorten it")
    names = tuple(NAME.findall(text))
    stand_ins = {f"{STAND_IN}{index}": name for index, name in enumerate(names)}
    left = iter(stand_ins)
    source = NAME.sub(lambda _: f" {next(left)} ", text)
    try:
        tree = parse_expression(" ".join(source.split()))
        check(tree, stand_ins)
    except NotArithmetic as error:
        part = ast.unparse(error.args[0])
        for stand_in, name in reversed(stand_ins.items()):
            part = part.replace(stand_in, f"${{{name}}}")
        raise ValueError(_why_not(part)) from None
    except (SyntaxError, RecursionError, MemoryError):
        raise ValueError(_why_not(text)) from None
    return Formula(text, names, tree)


def _why_not(part: str) -> str:
    functions = ", ".join(f"`{name}`" for name in FUNCTIONS)
    return (
        f"is a formula, as it has `${{`, and `{part}` is not arithmetic; write numbers, `${{name}}`"
        f", + - * / // % **, parentheses, {functions}; or make the text in the trainable"
    )
