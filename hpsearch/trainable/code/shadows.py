"""Files with the name of a module that hpsearch, Ray or Python itself needs.

First on the import path, a `numpy.py` or `queue.py` beside the trainable would be what Ray imports.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from hpsearch.trainable.code.finders import is_installed

PILLARS = ("hpsearch", "ray", "optuna", "mlflow", "torch")
"""What hpsearch needs, with everything that these require."""

HARMLESS = {"test"}  # Python's own tests, which no program imports


def shadows(folder: Path) -> dict[str, Path]:
    """Return the folder's modules and packages that hide one which is needed, by name."""
    return {name: file for name, file in _modules(folder) if is_needed(name, folder)}


def is_needed(name: str, folder: Path) -> bool:
    """Return whether the name is Python's own, or of a package that hpsearch needs, elsewhere."""
    if name in sys.stdlib_module_names:
        return name not in HARMLESS
    if name not in _needed_names() or _is_in_use(name, folder):
        return False
    # last: it goes through the whole path, for each file of a folder
    return name == "hpsearch" or is_installed(name, without=folder)


def _is_in_use(name: str, folder: Path) -> bool:
    """Return whether this folder's module is the one that was imported: it hides no other."""
    file = getattr(sys.modules.get(name), "__file__", None)
    return file is not None and folder in Path(file).parents


def _modules(folder: Path) -> Iterator[tuple[str, Path]]:
    with suppress(OSError):
        for path in sorted(folder.iterdir()):
            if path.suffix == ".py":
                yield path.stem, path
            elif path.suffix in (".so", ".pyd") or (path / "__init__.py").is_file():
                yield path.name.split(".")[0], path


@cache
def _needed_names() -> frozenset[str]:
    """Return the import names of all that hpsearch requires, at any depth; takes 0.05 s.

    `packages_distributions` would look at every file of every package that is installed.
    """
    found = set(PILLARS)
    seen: set[str] = set()
    waiting = list(PILLARS)
    while waiting:
        name = _normal(waiting.pop())
        if name in seen:
            continue
        seen.add(name)
        with suppress(PackageNotFoundError):
            installed = distribution(name)
            found |= _import_names(installed)
            waiting += _requirements(installed)
    return frozenset(found)


def _import_names(installed: Distribution) -> set[str]:
    """Return the modules and packages that a distribution brings, as it says or by its files."""
    said = (installed.read_text("top_level.txt") or "").split()
    record = (installed.read_text("RECORD") or "").splitlines()
    files = [line.partition(",")[0] for line in record]
    first = {file.partition("/")[0] for file in files if file.endswith((".py", ".so", ".pyd"))}
    return set(said) or {name.partition(".")[0] for name in first} - {""}


def _requirements(installed: Distribution) -> list[str]:
    always = [one for one in installed.requires or () if "extra ==" not in one]
    return [re.split(r"[^\w.-]", one)[0] for one in always]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
