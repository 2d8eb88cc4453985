"""`file.py:function` or `package.module:function`: split, or refused with what was meant."""

import re
from pathlib import Path

from hpsearch.common.errors import Fault, UserError
from hpsearch.trainable import faults
from hpsearch.trainable.code.outline import Outline
from hpsearch.trainable.code.suggestions import EXAMPLE, exists, in_folder, usable

COMMAND = re.compile(r"(?:uv run |\S*/)?(?:python[\d.]*|torchrun|accelerate|ipython)(?: -m)?\s+")
METHOD = re.compile(r"(.+:[^\W\d]\w*)\.train")
FORM = "hpsearch calls a function, named as `file.py:function` or `package.module:function`."


def split(reference: str, folder: Path) -> tuple[str, str]:
    """Return the file or module, and the function; raises UserError if it names none."""
    place, _, function = reference.rpartition(":")
    is_module = all(part.isidentifier() for part in place.split(".")) and ".ipynb" not in place
    is_file = place.endswith(".py") and "\\" not in place
    if function.isidentifier() and (is_file or is_module):
        return place, function
    raise UserError(_refused(reference.strip(), folder))


def place_of(file: str, folder: Path) -> Path | None:
    """Return the file of a path that starts at the experiment's folder; None for an absent home."""
    try:
        return folder / Path(file).expanduser()
    except RuntimeError:
        return None


def _refused(reference: str, folder: Path) -> Fault:
    name, is_notebook, _ = reference.partition(".ipynb")
    if is_notebook:
        why = "a notebook cannot be imported by the processes that train."
        fix = f"run `jupyter nbconvert --to script {name}.ipynb`, and write `{name}.py:train`."
        return faults.trainable_unnamed(reference, why, fix)
    if method := METHOD.fullmatch(reference):
        why = f"it names a method; {FORM}"
        fix = f"write `{method[1]}`: the method `train` of a class is called."
        return faults.trainable_unnamed(reference, why, fix)
    command = COMMAND.match(reference)
    why = f"it is a command; {FORM}" if command else FORM
    why = f"folders are separated by `/`; {FORM}" if "\\" in reference else why
    meant = reference[command.end() :].split(maxsplit=1)[0] if command else reference
    fix = _fix(*_meant(meant, folder), folder)
    if command:
        words = ", ".join([*reference.split(), '"${args}"'])
        fix = f"{fix} To run it as it is, write `trainable: {{command: [{words}]}}`."
    return faults.trainable_unnamed(reference, why, fix)


def _meant(text: str, folder: Path) -> tuple[str, str]:
    """Return which file and function were probably meant."""
    text = re.sub(r":+", ":", re.sub(r"\(.*\)$", "", text.replace("\\", "/")))
    place, colon, function = (one.strip() for one in text.rpartition(":"))
    if not colon:
        place, function = text, ""
        if not text.endswith(".py") and not (folder / text).is_dir():
            place, _, function = text.rpartition(".")
    for file in (place, f"{place}.py", f"{place.strip('.').replace('.', '/')}.py"):
        if file.endswith(".py") and exists(folder / file):
            return file, function
    return place, function


def _fix(place: str, function: str, folder: Path) -> str:
    file = place_of(place, folder)
    if file is None:
        return EXAMPLE
    if place.endswith(".py") and exists(file):
        return f"write `{place}:{function}`." if _calls(file, function) else usable(file, place)
    return in_folder(folder, place, function) if file.is_dir() else EXAMPLE


def _calls(file: Path, function: str) -> bool:
    """Return whether a file has this function, and it takes something."""
    try:
        outline = Outline.read(file)
    except (OSError, SyntaxError):
        return False
    return function in outline.functions and not outline.takes_nothing(function)
