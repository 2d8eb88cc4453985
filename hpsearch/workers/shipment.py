"""Pickles a trainable that Python code gave, or says what of it cannot be pickled."""

import inspect
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import cloudpickle

from hpsearch.common.errors import UserError
from hpsearch.common.redaction import problem
from hpsearch.trainable import Program, definition, from_function
from hpsearch.workers import faults
from hpsearch.workers.shipped import ShippedTrainable

if TYPE_CHECKING:
    from hpsearch.experiment import Experiment


def packed_trainable(experiment: "Experiment") -> ShippedTrainable | Program | None:
    """Return the trainable as workers get it; None: they import it by its name."""
    if experiment.function is not None:
        return ship(experiment.reference, experiment.function)
    command = experiment.command
    return None if command is None else Program.of(command, experiment)


def ship(reference: str, function: Callable[..., object]) -> ShippedTrainable:
    """Return a function as workers get it; raises UserError if it cannot be pickled."""
    trainable = from_function(reference, function)
    try:
        pickled = cloudpickle.dumps((trainable.train, trainable.signature))
    except Exception as error:  # an object of the user's own may raise anything
        held = list(_unpicklable(function))
        fault = faults.function_not_picklable(reference, problem(error), held)
        raise UserError(fault) from None
    path = tuple(filter(None, sys.path))
    return ShippedTrainable(reference, pickled, path, trainable.version)


def _unpicklable(function: Callable[..., Any]) -> Iterator[str]:
    """Yield the names of what the function uses that cannot be pickled."""
    try:
        used = inspect.getclosurevars(definition(function))
    except TypeError:  # it is written in C
        return
    for name, value in {**used.globals, **used.nonlocals}.items():
        try:
            cloudpickle.dumps(value)
        except Exception:
            yield name
