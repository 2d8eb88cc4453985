"""A command as a trainable."""

from functools import partial
from pathlib import Path
from types import ModuleType

from hpsearch.trainable.command.program import Program
from hpsearch.trainable.command.run import run_command
from hpsearch.trainable.loading import Trainable
from hpsearch.trainable.signature import Signature


def from_program(program: Program, folder: Path) -> Trainable:
    """Return a command that runs in a folder as a trainable; it takes any hyperparameters.

    It has no hooks: there is no module.
    """
    train = partial(run_command, program, folder.absolute())
    return Trainable(program.name, train, Signature(), ModuleType("command"), folder)
