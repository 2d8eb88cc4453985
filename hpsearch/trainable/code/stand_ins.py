"""Files by which spawned processes import a module that could not have its file's name.

What is pickled names its module. A process that is spawned gets the import path of this one, so a
file of the module's own name on that path is enough: it runs the real file.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

TEXT = '__file__ = {file!r}\nexec(compile(open(__file__, "rb").read(), __file__, "exec"))\n'

_folders: list[TemporaryDirectory[str]] = []
_parents: list[Path] = []


def keep_stand_ins(parent: Path) -> None:
    """Have the files below a folder, which somebody removes also if this process is killed."""
    _parents.append(parent)


def stand_in(name: str, file: Path) -> str:
    """Write a module of this name that runs the file; return its folder, for the import path."""
    if not _folders:
        parent = _parents[-1] if _parents else None
        _folders.append(TemporaryDirectory(prefix="hpsearch-modules-", dir=parent))
    folder = _folders[0].name
    Path(folder, f"{name}.py").write_text(TEXT.format(file=str(file)))
    return folder
