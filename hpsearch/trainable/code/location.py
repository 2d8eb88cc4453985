"""Where the code of a trainable is: one answer for `validate`, for the driver and for workers."""

import ast
from dataclasses import dataclass
from pathlib import Path

from hpsearch.common.errors import UserError
from hpsearch.trainable import faults
from hpsearch.trainable.code.finders import Found, find_module
from hpsearch.trainable.code.import_error import import_fault
from hpsearch.trainable.code.outline import Outline
from hpsearch.trainable.code.reference import place_of, split
from hpsearch.trainable.code.roots import code_roots, package_root
from hpsearch.trainable.code.shadows import is_needed
from hpsearch.trainable.code.suggestions import (
    exists,
    in_folder,
    nearest_file,
    path_from,
    usable,
    without_climbing,
)


@dataclass(frozen=True)
class Location:
    """The code of a trainable.

    `file` is None if there is no text to read: compiled, in a zip, or made by its package.
    `folders` must be importable, in this order.
    """

    reference: str
    function: str
    module: str
    file: Path | None
    folders: tuple[Path, ...]
    is_file: bool = False
    """Whether the experiment names the file itself, not a module."""


def locate(reference: str, folder: Path) -> Location:
    """Find a trainable's code; raises UserError if it is missing or cannot be a trainable.

    `folder` is the experiment's. Imports nothing: the text of the code alone is read.
    """
    folder = folder.absolute()
    place, function = split(reference, folder)
    if place.endswith(".py"):
        found = _of_file(reference, place, function, folder)
    else:
        found = _of_module(reference, place, function, folder)
    if found.file is not None:
        _check(found, found.file, folder)
    return found


def _of_file(reference: str, place: str, function: str, folder: Path) -> Location:
    file = place_of(place, folder)
    if file is None or not exists(file):
        fix = nearest_file(place, function, folder)
        raise UserError(faults.trainable_file_missing(reference, file or Path(place), fix))
    file = file.parent.resolve() / file.name
    folders = dict.fromkeys((file.parent, folder, package_root(file)))
    return Location(reference, function, file.stem, file, tuple(folders), is_file=True)


def _of_module(reference: str, module: str, function: str, folder: Path) -> Location:
    roots = code_roots(folder)
    in_roots = {root: found for root in roots if (found := find_module(module, root)) is not None}
    for root, found in in_roots.items():
        if not found.is_folder:
            _refuse_hidden(reference, module, found, root, folder)
            folders = tuple(dict.fromkeys((root, folder)))
            return Location(reference, function, module, found.file, folders)
    installed = find_module(module, None)
    if installed is not None and not installed.is_folder:
        return Location(reference, function, module, installed.file, (folder,))
    if installed is None and not in_roots:
        raise UserError(faults.trainable_module_missing(reference, module, roots))
    fix = in_folder(folder, module.replace(".", "/"), function)
    raise UserError(faults.trainable_is_folder(reference, module, fix))


def _refuse_hidden(reference: str, module: str, found: Found, root: Path, folder: Path) -> None:
    """Refuse a module whose name is taken: it could be imported only instead of the other."""
    top = module.split(".", maxsplit=1)[0]
    if found.file is not None and is_needed(top, root):
        instead = f"{path_from(folder, found.file)}:{reference.rpartition(':')[2]}"
        raise UserError(faults.trainable_hidden(reference, top, found.file, instead))


def _check(found: Location, file: Path, folder: Path) -> None:
    """Raise UserError if the text shows that the function is missing or cannot be called."""
    reference, function = found.reference, found.function
    try:
        outline = Outline.read(file)
    except (OSError, SyntaxError) as error:
        raise UserError(import_fault(reference, found.folders, error)) from None
    climbing = outline.relative_import() if found.is_file else None
    if climbing is not None:
        fix = without_climbing(file, function, folder, climbing.level)
        line = f"{file}:{climbing.lineno}: {ast.unparse(climbing)}"
        raise UserError(faults.trainable_in_package(reference, line, fix))
    if outline.defines(function) is False:
        known = outline.trainables()
        raise UserError(faults.trainable_function_missing(reference, function, known))
    if outline.takes_nothing(function):
        fix = usable(file, reference.rpartition(":")[0])
        taken = f"({ast.unparse(outline.functions[function].args)})"
        raise UserError(faults.trainable_arguments(reference, taken, fix))
