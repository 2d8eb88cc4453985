"""What was probably meant instead, judged by the files that exist."""

from pathlib import Path

from hpsearch.common.errors import did_you_mean
from hpsearch.trainable import faults
from hpsearch.trainable.code.outline import Outline
from hpsearch.trainable.code.roots import code_roots, package_root

EXAMPLE = "write `train.py:train`, for the function `train` of a file beside the experiment."


def trainables(file: Path) -> list[str]:
    """Return the functions of a file that a search could call; none if it cannot be read."""
    try:
        return Outline.read(file).trainables()
    except (OSError, SyntaxError):
        return []


def usable(file: Path, place: str) -> str:
    """Return the fix for a file without the function: those that it has, or how to write one.

    `place` is what the experiment calls the file.
    """
    if found := trainables(file):
        return f"write {_either([f'{place}:{one}' for one in found])}."
    return f"add a function to {place}, and write `{place}:train`:\n{faults.RECIPE}"


def in_folder(folder: Path, place: str, function: str) -> str:
    """Return the fix for a folder in place of a file: which of its files have such a function."""
    files = sorted((folder / place).glob("*.py"))
    found = [(str(Path(place, file.name)), one) for file in files for one in trainables(file)]
    matching = [pair for pair in found if pair[1] == function] or found
    return f"write {_either([f'{name}:{one}' for name, one in matching])}." if matching else EXAMPLE


def nearest_file(place: str, function: str, folder: Path) -> str:
    """Return the fix for a file that is not there: it is elsewhere, or has a name like this one."""
    rule = "a path starts at the experiment's folder"
    places = [above / place for above in (*folder.parents[:3], Path.cwd(), folder / "src")]
    for file in (*places, folder / Path(place).name):
        if exists(file):
            return f"{rule}: write `{path_from(folder, file)}:{function}`."
    missing = folder / place
    siblings = [path.name for path in missing.parent.glob("*.py")]
    return f"{rule}; {did_you_mean(missing.name, siblings) if siblings else f'{EXAMPLE}'}"


def without_climbing(file: Path, function: str, folder: Path, level: int) -> str:
    """Return the fix for a file that imports relatively to a package: name it as its module."""
    root = min(package_root(file), file.parents[min(level, len(file.parents) - 1)], key=_depth)
    parts = file.relative_to(root).with_suffix("").parts
    module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    if not all(part.isidentifier() for part in parts):
        return "take the leading dots out of that import: the file's own folder is searched."
    if root in code_roots(folder):
        return f"write `{module}:{function}`."
    return f"write `{module}:{function}`, and install the package (`pip install -e {root}`)."


def path_from(folder: Path, file: Path) -> str:
    """Return the path of a file as an experiment in the folder would name it."""
    for climbed, above in enumerate((folder, *folder.parents[:3])):
        if above in file.parents:
            return str(Path(*[".."] * climbed, file.relative_to(above)))
    return str(file)


def exists(file: Path) -> bool:
    """Return whether it is a file; a path that the system refuses is not."""
    try:
        return file.is_file()
    except OSError:
        return False


def _depth(path: Path) -> int:
    return len(path.parts)


def _either(names: list[str]) -> str:
    return " or ".join(f"`{name}`" for name in names[:4])
