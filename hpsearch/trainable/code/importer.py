"""Imports the code of a trainable, in the driver and in workers alike.

Its folders come first on the import path, as a script's own folder does. A folder with a file such
as `numpy.py` comes last: its other files are found, and that one hides nothing.
"""

import hashlib
import importlib
import importlib.util
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from hpsearch.common.errors import UserError
from hpsearch.common.shared_change import SharedChange, Undo
from hpsearch.trainable import faults
from hpsearch.trainable.code.arguments import no_arguments
from hpsearch.trainable.code.import_error import import_fault
from hpsearch.trainable.code.location import Location
from hpsearch.trainable.code.shadows import is_needed, shadows
from hpsearch.trainable.code.stand_ins import stand_in

_added: set[str] = set()
"""The folders that were put on the import path here."""

_searched: set[str] = set()
"""Those of them that belong to an experiment: not the current folder."""

_run: set[str] = set()
"""The modules of files that an experiment named; their classes may still be in use."""


def _lend() -> Undo:
    """Return what restores the import path and the loaded modules to their present state."""
    path, modules = list(sys.path), sys.modules.copy()
    own = [(one, set(one)) for one in (_added, _searched, _run)]

    def give_back() -> None:
        homes, others = _added - {*path}, [one for one in sys.path if one not in {*path, *_added}]
        loaded = {name for name, one in sys.modules.copy().items() if modules.get(name) is not one}
        for name in loaded:
            top = name.split(".")[0]
            if top in _run or _home(sys.modules.get(top)) in homes:
                del sys.modules[name]
        sys.modules.update({k: v for k, v in modules.items() if k not in sys.modules})
        sys.path[:] = [*path, *others]
        for now, before in own:
            now.intersection_update(before)

    return give_back


IMPORTS = SharedChange(_lend)
"""Code that is imported while this is taken is forgotten afterwards; libraries stay."""


def import_code(found: Location) -> ModuleType:
    """Return the trainable's module; raises UserError if its code fails on import."""
    _forget_neighbours(found.folders)
    _make_importable(found.folders)
    importlib.invalidate_caches()  # of files that were written a moment ago
    try:
        with no_arguments(str(found.file or found.module)):
            module = _run_file(found) if found.is_file else importlib.import_module(found.module)
    except (Exception, SystemExit) as error:
        raise UserError(import_fault(found.reference, found.folders, error)) from None
    if found.file is not None and hasattr(module, "__file__") and not _is_from(module, found.file):
        instead = f"{found.file}:{found.function}"
        top = found.module.split(".")[0]
        raise UserError(faults.trainable_hidden(found.reference, top, found.file, instead))
    return module


def _make_importable(folders: Sequence[Path]) -> None:
    """Put the folders on the import path; the current one too, behind everything else."""
    first = [str(folder) for folder in folders if not shadows(folder)]
    both = dict.fromkeys(str(one) for one in (*folders, Path.cwd()))
    last = [name for name in both if name not in first]
    ours = {*first, *(name for name in last if name in _added)}
    others = [entry for entry in sys.path if entry not in ours]
    sys.path[:] = [*first, *others, *(name for name in last if name not in others)]
    _added.update(first, last)


def _forget_neighbours(folders: Sequence[Path]) -> None:
    """Unload another experiment's modules if these folders have one of the same name."""
    elsewhere = _searched - {str(folder) for folder in folders}
    _searched.update(map(str, folders))
    for name, module in sys.modules.copy().items():  # other threads import meanwhile
        if "." in name or name in _run:
            continue
        if _home(module) in elsewhere and any(_has(one, name) for one in folders):
            for part in [one for one in list(sys.modules) if one.split(".")[0] == name]:
                del sys.modules[part]


def _home(module: ModuleType | None) -> str:
    """Return the folder from which a top-level module was imported."""
    file = Path(getattr(module, "__file__", None) or "")
    return str(file.parent.parent if file.name == "__init__.py" else file.parent)


def _has(folder: Path, name: str) -> bool:
    """Return whether the folder's module of this name is the one to import."""
    is_there = (folder / f"{name}.py").is_file() or (folder / name).is_dir()
    return is_there and not is_needed(name, folder)


def _run_file(found: Location) -> ModuleType:
    assert found.file is not None  # noqa: S101 (a file was named)
    name = _free_name(found.module, found.file)
    spec = importlib.util.spec_from_file_location(name, found.file)
    assert spec is not None and spec.loader is not None  # noqa: S101 (a .py file always has both)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickle look their module up by name
    _run.add(name)
    if name != found.module:
        _put_last(stand_in(name, found.file))
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _put_last(folder: str) -> None:
    """Put a folder on the import path, behind all others."""
    if folder not in sys.path:
        sys.path.append(folder)
        _added.add(folder)


def _free_name(stem: str, file: Path) -> str:
    """Return the name of the file's module: its own, or another one if that is taken."""
    loaded = sys.modules.get(stem)
    is_taken = loaded is not None and not _is_from(loaded, file)
    if "." not in stem and not is_taken and not is_needed(stem, file.parent):
        return stem
    digest = hashlib.sha256(str(file).encode()).hexdigest()[:8]
    return f"trainable_{re.sub(r'[^0-9a-zA-Z]', '_', stem)}_{digest}"


def _is_from(module: ModuleType, file: Path) -> bool:
    return Path(getattr(module, "__file__", None) or "").resolve() == file.resolve()
