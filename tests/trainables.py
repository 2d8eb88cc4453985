"""Trainables written for one test, and what the source and the imported module say of them."""

from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from hpsearch.common.errors import UserError
from hpsearch.experiment import Experiment
from hpsearch.trainable import Given, Trainable, compare, load_trainable, read_signature

NUMBERS = count()

IMPORTS = """\
import functools
import dataclasses
import typing
from dataclasses import KW_ONLY, InitVar, dataclass, field
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import Path
from typing import *

import attrs
import numpy as np
import pydantic
from pydantic import BaseModel, Field
from pydantic.dataclasses import dataclass as checked


class Kind(Enum):
    SGD = "sgd"
    ADAM = "adam"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


@dataclass
class P:
    x: float


"""


def write(folder: Path, source: str, *, imports: str = IMPORTS) -> str:
    """Write a module of its own name and return its trainable's reference."""
    name = f"trainable_{next(NUMBERS)}.py"
    (folder / name).write_text(imports + source)
    return f"{name}:train"


def experiment(reference: str, **sections: object) -> Experiment:
    """Return an experiment with this trainable."""
    objective = {"metric": "value", "direction": "maximize"}
    given = {"name": "x", "trainable": reference, "objective": objective, **sections}
    return Experiment.model_validate(given)


def source_codes(asked: Experiment, folder: Path) -> list[str] | None:
    """Return the codes of the faults that the source alone shows; None where it does not tell."""
    try:
        signature = read_signature(asked.reference, folder)
    except UserError as error:
        return [fault.code for fault in error.faults]
    if signature is None:
        return None
    return [fault.code for fault in compare(Given.of(asked), signature)]


def live_codes(asked: Experiment, folder: Path) -> list[str]:
    """Return the codes of the faults that the imported module shows."""
    try:
        trainable = load_trainable(asked.reference, folder)
    except UserError as error:
        return [fault.code for fault in error.faults]
    return [fault.code for fault in compare(Given.of(asked), trainable.signature)]


def called(trainable: Trainable, **params: Any) -> Any:
    """Return what the trainable returns for these hyperparameters; the trial does nothing here."""
    trial: Any = SimpleNamespace(start_step=0)
    return trainable.train(trainable.make_params(params), trial)
