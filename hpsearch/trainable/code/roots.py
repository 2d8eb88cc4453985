"""The folders in which `package.module` is looked for, before what is installed."""

from collections.abc import Iterator
from pathlib import Path

PROJECT = (".git", "pyproject.toml", "setup.py", "setup.cfg")
"""What marks the root of a project."""


def code_roots(folder: Path) -> list[Path]:
    """Return the experiment's folder, those above it in the project, then the current one.

    The project ends with the first folder that has a mark of `PROJECT`; without one it is the
    folder above the experiment's, or above the package in which the experiment is. Each is followed
    by its `src`.
    """
    found = dict.fromkeys([folder, *_above(folder), Path.cwd()])
    return [root for one in found for root in (one, one / "src") if root.is_dir()]


def package_root(file: Path) -> Path:
    """Return the folder from which the package that holds a file is imported."""
    root = file.parent
    while (root / "__init__.py").is_file() and root != root.parent:
        root = root.parent
    return root


def _above(folder: Path) -> list[Path]:
    chain = [folder, *folder.parents]
    for index, one in enumerate(chain):
        if any((one / mark).exists() for mark in PROJECT):
            return chain[1 : index + 1]
    return chain[1 : len(list(_package(folder))) + 2]


def _package(folder: Path) -> Iterator[Path]:
    """Yield the folder and those above it that are parts of a package."""
    root = package_root(folder / "__init__.py")
    while folder != root:
        yield folder
        folder = folder.parent
