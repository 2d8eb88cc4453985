"""Whether a command's program and its script are there."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from hpsearch.common.errors import Fault, nearest
from hpsearch.trainable.code.suggestions import exists
from hpsearch.trainable.command import faults
from hpsearch.trainable.command.arguments import executables

if TYPE_CHECKING:
    from hpsearch.experiment import Command

SCRIPTS = {".py", ".sh", ".R", ".jl", ".js", ".rb", ".pl", ".lua"}
"""How the first argument of an interpreter ends."""


def program_faults(command: "Command", folder: Path, *, is_sent: bool) -> Iterator[Fault]:
    """Yield what is missing; `is_sent` says that a cluster gets a copy of the folder.

    A shell line is not looked into, nor a word with a placeholder. A program that is only installed
    is not looked for if it must be on other machines.
    """
    if isinstance(command.command, str):
        return
    program, *arguments = command.command
    if "${" not in program:
        yield from _program(program, folder, is_sent=is_sent)
    script = next((one for one in arguments if not one.startswith("-")), "")
    if Path(script).suffix in SCRIPTS and "${" not in script:
        yield from _file(script, folder, is_sent=is_sent)


def _program(program: str, folder: Path, *, is_sent: bool) -> Iterator[Fault]:
    if "/" in program:
        path = folder / program
        missing = [*_file(program, folder, is_sent=is_sent)]
        yield from missing
        if not missing and not os.access(path, os.X_OK):
            yield faults.program_not_executable(program, path)
    elif not is_sent and program != "python":
        path_variable = executables(os.environ.get("PATH", os.defpath))
        if shutil.which(program, path=path_variable) is None:
            beside = exists(folder / program)
            fix = f"write `./{program}`." if beside else "install it, or give its path."
            yield faults.program_missing(program, "no folder of PATH has it.", fix)


def _file(name: str, folder: Path, *, is_sent: bool) -> Iterator[Fault]:
    path = folder / name
    if not exists(path):
        siblings = [one.name for one in path.parent.glob("*") if one.is_file()]
        near = nearest(path.name, siblings)
        fix = f"did you mean `{Path(name).with_name(near)}`?" if near else "correct the path."
        yield faults.program_missing(name, f"there is no file {str(path)!r}.", fix)
    elif is_sent and os.path.normpath(name).startswith(".."):
        yield faults.program_not_sent(name, folder)
