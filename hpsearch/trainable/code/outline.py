"""What a file of Python holds, read from its text: its functions, its names, its imports.

Nothing of it is run. If the text alone does not tell, the answer is None, never a guess.
"""

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hpsearch.common.syntax import parse_module

Function = ast.FunctionDef | ast.AsyncFunctionDef
UNSURE = ("globals", "exec", "setattr", "vars", "__getattr__", "__dict__")
"""A module that uses one of these can have names that are not in its text."""


@dataclass(frozen=True)
class Outline:
    """The module's text as a tree."""

    tree: ast.Module

    @classmethod
    def read(cls, file: Path) -> "Outline":
        """Read a file; raises SyntaxError or OSError."""
        with warnings.catch_warnings(action="ignore"):  # its own import shows them
            try:
                tree = parse_module(file.read_bytes(), str(file))
                compile(tree, str(file), "exec", dont_inherit=True)  # a `return` outside a function
                return cls(tree)
            except SyntaxError as error:
                error.filename = error.filename or str(file)
                raise
            except (ValueError, RecursionError, MemoryError) as error:  # nested too deep
                raise SyntaxError(str(error), (str(file), None, None, None)) from None

    @property
    def functions(self) -> dict[str, Function]:
        """The module's own functions, also those in an `if` or `try`."""
        return {one.name: one for one in _statements(self.tree.body) if isinstance(one, Function)}

    def defines(self, name: str) -> bool | None:
        """Return whether the module has the name; None if its text does not tell."""
        names = set(_bound(self.tree.body))
        if name in names:
            return True
        words = {node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name)}
        words |= {node.attr for node in ast.walk(self.tree) if isinstance(node, ast.Attribute)}
        raises = any(isinstance(one, ast.Raise) for one in self.tree.body)  # the import tells more
        unsure = raises or "*" in names or not (words | names).isdisjoint(UNSURE)
        return None if unsure else False

    def trainables(self) -> list[str]:
        """Return the functions that take `(params, trial)`, or at least two arguments."""
        takers = {name: _positional(one) for name, one in self.functions.items()}
        named = [name for name, given in takers.items() if given[1:2] == ["trial"]]
        return named or [name for name, given in takers.items() if len(given) == 2]

    def takes_nothing(self, function: str) -> bool:
        """Return whether it is a plain function without arguments, as a script's `main` is."""
        found = self.functions.get(function)
        if found is None or found.decorator_list:
            return False
        arguments = found.args
        return not (_positional(found) or arguments.vararg or arguments.kwonlyargs)

    def relative_import(self) -> ast.ImportFrom | None:
        """Return the import that climbs most, of those such as `from . import x` that must work."""
        found = [node for node in _unguarded(self.tree) if isinstance(node, ast.ImportFrom)]
        return max((node for node in found if node.level), key=lambda n: n.level, default=None)


def _unguarded(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that no `try`, `if` (TYPE_CHECKING) or `with` (suppress) makes optional."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.Try | ast.If | ast.With):
            yield child
            yield from _unguarded(child)


def _positional(function: Function) -> list[str]:
    return [one.arg for one in (*function.args.posonlyargs, *function.args.args)]


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run in the module itself, in branches and loops as well."""
    for statement in body:
        yield statement
        if isinstance(statement, Function | ast.ClassDef):
            continue
        for _, block in ast.iter_fields(statement):
            for one in block if isinstance(block, list) else ():
                if isinstance(one, ast.stmt):
                    yield from _statements([one])
                elif isinstance(one, ast.ExceptHandler | ast.match_case):
                    yield from _statements(one.body)


def _bound(body: list[ast.stmt]) -> Iterator[str]:
    """Yield the names that the statements bind; `*` for those of another module."""
    for statement in _statements(body):
        if isinstance(statement, Function | ast.ClassDef):
            yield statement.name
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.split(".")[0] for alias in statement.names)
        else:
            yield from (
                node.id
                for node in ast.walk(statement)
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            )
