"""Which code a process runs: a hash of the trainable's file and of the project's files it imports.

Imports are read from the text, so the version does not depend on what else a process has loaded.
Not covered: installed packages, data, modules that are imported by a computed name.
"""

import ast
import hashlib
import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType

from hpsearch.common.syntax import parse_module
from hpsearch.trainable.code.roots import package_root

OURS = Path(__file__).parents[1]
"""hpsearch itself: its version is recorded once for the whole study."""

LENGTH = 12
"""Characters of a version: enough to tell the versions of a study apart."""


def code_version(module: ModuleType, *folders: Path) -> str:
    """Return the version of a module's code, "" if it has no file.

    Its neighbours are looked for beside it, from the root of its package, and in `folders`.
    """
    name = getattr(module, "__file__", None)
    if not name or not Path(name).is_file():
        return ""
    file = Path(name).resolve()
    roots = [*dict.fromkeys((file.parent, package_root(file), *(f.resolve() for f in folders)))]
    digest = hashlib.sha256()
    for one in sorted(_with_neighbours(file, roots), key=lambda one: (one != file, one.parts)):
        digest.update(one.name.encode() + b"\0" + one.read_bytes() + b"\0")
    return digest.hexdigest()[:LENGTH]


def _with_neighbours(file: Path, roots: list[Path]) -> set[Path]:
    """Return a file and those that it imports from these folders, directly or not."""
    found: set[Path] = set()
    waiting = [file]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += _imported(one, roots)
    return found


def _imported(file: Path, roots: Sequence[Path]) -> Iterator[Path]:
    for above in file.parents:
        if not (above / "__init__.py").is_file():
            break
        yield above / "__init__.py"
    for node in ast.walk(_tree(file)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _files(alias.name.split("."), roots)
        elif isinstance(node, ast.ImportFrom):
            module = node.module.split(".") if node.module else []
            places = file.parents[node.level - 1 : node.level] if node.level else roots
            for alias in node.names:
                yield from _files([*module, alias.name], places)


def _tree(file: Path) -> ast.AST:
    """Return the text as a tree; an empty one if it is compiled or unreadable."""
    unreadable = suppress(OSError, SyntaxError, ValueError, RecursionError, MemoryError)
    with unreadable, warnings.catch_warnings(action="ignore"):  # its own import shows them
        return parse_module(file.read_bytes())
    return ast.Module([], [])


def _files(parts: list[str], roots: Sequence[Path]) -> Iterator[Path]:
    """Yield the files that the import of a dotted name runs: packages, and the module itself."""
    for root in roots:
        for depth in range(1, len(parts) + 1):
            place = root.joinpath(*parts[:depth])
            for file in (place.with_name(f"{place.name}.py"), place / "__init__.py"):
                if file.is_file() and OURS not in file.parents:
                    yield file.resolve()
