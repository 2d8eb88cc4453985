"""An error of the user's code while it is imported: their own lines, and the fix that fits.

Frames of importlib, of this program and of installed packages are left out.
"""

import argparse
import linecache
import sys
import sysconfig
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from hpsearch.common.errors import Fault
from hpsearch.trainable import faults
from hpsearch.trainable.code.shadows import is_needed

MOST_LINES = 4
"""How many lines of the user's code are shown, the last ones."""

OWN = Path(__file__).parents[1]
LIBRARIES = tuple(
    Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")
)

GUARD = 'move what the script does under `if __name__ == "__main__":`, so that it can be imported.'
CORRECT = "correct that line; until then no process can import the trainable."


def import_fault(reference: str, folders: Sequence[Path], error: BaseException) -> Fault:
    """Return the fault for what the import raised; `folders` are those of the user's code."""
    why = "\n".join([*_lines(error), _said(error)])
    return faults.trainable_broken(reference, why, _fix(error, folders))


def _lines(error: BaseException) -> list[str]:
    """Return `file:line: code` for each of the user's lines that led to the error."""
    places = [
        (frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    if isinstance(error, SyntaxError) and error.filename:
        places.append((error.filename, error.lineno or 1))
    users = [place for place in places if _is_users(Path(place[0]))][-MOST_LINES:]
    return [f"{file}:{line}: {linecache.getline(file, line).strip()}" for file, line in users]


def _is_users(file: Path) -> bool:
    if not file.is_absolute() or "site-packages" in file.parts:
        return False
    return not any(library in file.parents for library in (OWN, *LIBRARIES))


def _said(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f"SystemExit: {_last_words(error.__traceback__) or error.code}"
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg}"
    return traceback.format_exception_only(error)[0].strip()


def _fix(error: BaseException, folders: Sequence[Path]) -> str:
    if isinstance(error, SystemExit):
        return GUARD
    if hidden := _hidden(error, folders):
        return f"rename {hidden}: its name is that of a module which Python or hpsearch needs."
    if isinstance(error, ModuleNotFoundError) and error.name:
        return _missing(error.name, folders)
    return CORRECT


def _hidden(error: BaseException, folders: Sequence[Path]) -> Path | None:
    """Return the user's file instead of which another module of its name was imported."""
    module = error.obj if isinstance(error, AttributeError) else error
    name = getattr(module, "__name__" if module is not error else "name", None)
    top = name.split(".")[0] if isinstance(name, str) else ""
    files = [file for folder in folders for file in (folder / f"{top}.py", folder / top)]
    found = (file for file in files if file.exists() and is_needed(top, file.parent))
    return next(found, None) if top and isinstance(error, ImportError | AttributeError) else None


def _missing(name: str, folders: Sequence[Path]) -> str:
    top = name.split(".", maxsplit=1)[0]
    if any(_has(folder, top) for folder in folders):
        return f"check that name: `{top}` is there, and has no part `{name}`."
    for above in dict.fromkeys(
        one for folder in folders for one in (folder.parent, folder / "src")
    ):
        if _has(above, top):
            rule = f"{above} is not on the import path, and `{top}` is there"
            return f"{rule}: name the trainable from it, as `package.module:function`."
    return f"install the package that has `{top}` into this environment ({sys.prefix})."


def _has(folder: Path, name: str) -> bool:
    return (folder / f"{name}.py").is_file() or (folder / name).is_dir()


def _last_words(trace: TracebackType | None) -> str:
    """Return what argparse printed before it ended the program, else nothing."""
    for frame, _ in traceback.walk_tb(trace):
        parser = frame.f_locals.get("self")
        if frame.f_code.co_name == "exit" and isinstance(parser, argparse.ArgumentParser):
            return f"{parser.format_usage()}{frame.f_locals.get('message') or ''}".strip()
    return ""
