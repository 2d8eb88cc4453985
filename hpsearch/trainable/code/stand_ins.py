"""Files by which spawned processes import a module that could not have its file's name.

What is pickled names its module. A process that is spawned gets the import path of this one, so a
file of the module's own name on that path is enough: it runs the real file.
"""

import atexit
import os
import shutil
from pathlib import Path
from tempfile import mkdtemp

TEXT = '__file__ = {file!r}\nexec(compile(open(__file__, "rb").read(), __file__, "exec"))\n'

_folders: dict[int, str] = {}
"""By process: a forked child does not remove its parent's."""
_parents: list[Path] = []


def keep_stand_ins(parent: Path) -> None:
    """Have the files below a folder, which somebody removes also if this process is killed."""
    _parents.append(parent)


def stand_in(name: str, file: Path) -> str:
    """Write a module of this name that runs the file; return its folder, for the import path."""
    folder = _folders.get(os.getpid())
    if folder is None:
        parent = _parents[-1] if _parents else None
        folder = _folders[os.getpid()] = mkdtemp(prefix="hpsearch-modules-", dir=parent)
        atexit.register(remove_stand_ins)
    Path(folder, f"{name}.py").write_text(TEXT.format(file=str(file)))
    return folder


def remove_stand_ins() -> None:
    """Remove the files that this process has written; it is about to end."""
    if (folder := _folders.pop(os.getpid(), None)) is not None:
        shutil.rmtree(folder, ignore_errors=True)
