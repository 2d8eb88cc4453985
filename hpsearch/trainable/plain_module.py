"""Whether a module surely imports, judged by its source and that of its neighbours.

That is a plain module: imports that are found, `def`s, classes, and values made without calls.
Nothing is imported to find out.
"""

import ast
import builtins
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hpsearch.common.syntax import parse_module
from hpsearch.trainable.plain_code import NotPlain, bound, check_expression, executed
from hpsearch.trainable.plain_imports import check_installed, may_be_hidden

MODULE_NAMES = {"__name__", "__file__", "__doc__"}

NEVER = ("TYPE_CHECKING", "typing.TYPE_CHECKING", "__name__ == '__main__'")
"""Conditions that do not hold on import."""


@dataclass
class PlainModule:
    """A module that surely imports: its names, and what some of them mean."""

    names: set[str] = field(default_factory=set)
    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)

    def meaning(self, node: ast.AST | None) -> str:
        """Return the full name of what a name refers to; "" if it is this module's own."""
        if isinstance(node, ast.Name):
            own = node.id in self.names and node.id not in self.imports
            return "" if own else self.imports.get(node.id, f"builtins.{node.id}")
        if isinstance(node, ast.Attribute):
            return f"{self.meaning(node.value)}.{node.attr}"
        return ""

    def bind(self, name: str, node: ast.stmt) -> None:
        """Add a name; of two functions the last counts, anything else twice is not plain."""
        again = isinstance(node, ast.FunctionDef) and name in self.functions
        if name in self.names and not again:
            raise NotPlain
        self.names.add(name)


def plain_module(reference: str, file: Path, folder: Path) -> PlainModule | None:
    """Return what a module has, or None if only its import can tell."""
    dotted = not reference.rpartition(":")[0].endswith(".py")
    if dotted and (file.name == "__init__.py" or (file.parent / "__init__.py").exists()):
        return None  # its package is imported, too
    try:
        return _Survey(file, folder, frozenset()).module()
    except (NotPlain, OSError, SyntaxError, ValueError):
        return None


class _Survey:
    """Goes through a module's statements in their order."""

    def __init__(self, file: Path, folder: Path, above: frozenset[Path]) -> None:
        if file in above:
            raise NotPlain  # a circle of imports
        self._file, self._folder, self._above = file, folder, above | {file}
        self._module = PlainModule()
        self._postponed = False

    def module(self) -> PlainModule:
        """Return the module; raises NotPlain."""
        for node in parse_module(self._file.read_bytes()).body:
            self._statement(node)
        return self._module

    def _statement(self, node: ast.stmt) -> None:
        if isinstance(node, ast.Import):
            self._import(node)
        elif isinstance(node, ast.ImportFrom):
            self._import_from(node)
        elif isinstance(node, ast.If):
            _check_condition(node)
        else:
            self._check(node)
            self._define(node)

    def _define(self, node: ast.stmt) -> None:
        for name in bound(node):
            self._module.bind(name, node)
        if isinstance(node, ast.FunctionDef):
            self._module.functions[node.name] = node
        if isinstance(node, ast.ClassDef):
            self._module.classes[node.name] = node

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            self._module.bind(name, node)
            if not self._is_neighbour(alias.name, ()):
                self._module.imports[name] = alias.name if alias.asname else name

    def _import_from(self, node: ast.ImportFrom) -> None:
        names = [alias.name for alias in node.names]
        if node.level or node.module is None or "*" in names:
            raise NotPlain
        self._postponed |= node.module == "__future__" and "annotations" in names
        near = self._is_neighbour(node.module, names)
        for alias in node.names:
            name = alias.asname or alias.name
            self._module.bind(name, node)
            if not near:
                self._module.imports[name] = f"{node.module}.{alias.name}"

    def _is_neighbour(self, module: str, names: Sequence[str]) -> bool:
        """Return whether a module is beside this one; raises NotPlain if it is not found."""
        top = module.partition(".")[0]
        neighbours = [place / top for place in {self._folder, self._file.parent}]
        near = [one.with_suffix(".py") for one in neighbours if one.with_suffix(".py").exists()]
        if any(one.is_dir() for one in neighbours):
            raise NotPlain
        if not near:
            check_installed(module, names)
            return False
        if self._file.parent != self._folder or module != top or may_be_hidden(top, near[0]):
            raise NotPlain
        if not _Survey(near[0], self._folder, self._above).module().names.issuperset(names):
            raise NotPlain
        return True

    def _check(self, node: ast.stmt, local: Collection[str] = ()) -> None:
        """Raise NotPlain if executing this statement could raise."""
        for expression in executed(node, postponed=self._postponed):
            known = {*self._module.names, *local, *MODULE_NAMES, *dir(builtins)}
            check_expression(expression, known, self._module.imports)
        if isinstance(node, ast.ClassDef):
            inside: set[str] = set()
            for line in node.body:
                self._check(line, inside)
                inside.update(bound(line))


def _check_condition(node: ast.If) -> None:
    """Accept an `if` whose body is not executed on import."""
    if ast.unparse(node.test) not in NEVER or node.orelse:
        raise NotPlain
