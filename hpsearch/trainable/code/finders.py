"""Where a module's file is, without importing the module or any of its parents.

Asks the finders that an import asks (`sys.meta_path`), so that editable installs are found. Python
imports `a` to find `a.b`; here the folders that `a` is said to have are searched instead.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path


@dataclass(frozen=True)
class Found:
    """A module that was found; `file` is its source, None if there is none to read."""

    file: Path | None = None
    is_folder: bool = False
    """A folder without `__init__.py`: it can be imported, and holds no function."""


def find_module(name: str, root: Path | None) -> Found | None:
    """Find a module in a folder, else an installed one; None if it is certain to be missing."""
    top, *rest = name.split(".")
    spec = PathFinder.find_spec(top, [str(root)]) if root is not None else _installed(top, None)
    seen = top
    for part in rest:
        if spec is None:
            return None
        places = _folders(spec)
        seen = f"{seen}.{part}"
        child = _installed(seen, places) or PathFinder.find_spec(part, places) if places else None
        if child is None and _may_make_modules(spec):
            return Found()
        spec = child
    return _found(spec) if spec is not None else None


def is_installed(name: str, without: Path) -> bool:
    """Return whether a top-level module, no mere folder, is on the path apart from one folder."""
    left_out = without.resolve()
    places = [entry for entry in sys.path if Path(entry).resolve() != left_out]
    spec = PathFinder.find_spec(name, places)
    return spec is not None and spec.origin is not None


def _found(spec: ModuleSpec) -> Found:
    if spec.origin is None and spec.submodule_search_locations is not None:
        return Found(is_folder=True)
    file = Path(spec.origin) if spec.origin and spec.origin.endswith(".py") else None
    return Found(file if file is not None and file.is_file() else None)  # in a zip there is none


def _installed(name: str, places: Sequence[str] | None) -> ModuleSpec | None:
    for finder in sys.meta_path:
        if places is not None and finder is PathFinder:
            continue  # it finds a part of a package only once that is imported
        try:
            spec = finder.find_spec(name, places)
        except Exception:  # noqa: S112 (of a finder that we do not know)
            continue
        if spec is not None:
            return spec
    return None


def _folders(spec: ModuleSpec) -> list[str]:
    return list(spec.submodule_search_locations or ())


def _may_make_modules(spec: ModuleSpec) -> bool:
    """Return whether a package may have parts that its folders do not show."""
    if not spec.origin or not spec.origin.endswith(".py"):
        return spec.origin is not None  # compiled
    try:
        text = Path(spec.origin).read_text(errors="replace")
    except OSError:
        return True
    return "__path__" in text or "sys.modules" in text
