"""A trainable that Python code gives as a function, and the module with its hooks."""

import sys
from collections.abc import Callable
from types import ModuleType

from hpsearch.trainable.annotations import definition
from hpsearch.trainable.code_version import code_version
from hpsearch.trainable.entry_point import entry_point
from hpsearch.trainable.loading import Trainable


def from_function(reference: str, function: Callable[..., object]) -> Trainable:
    """Return a function, or what is called like one, as a trainable; raises UserError.

    `reference` is its name in the stored experiment.
    """
    module = module_of(function)
    train, signature = entry_point(reference, function)
    return Trainable(reference, train, signature, module, version=code_version(module))


def module_of(function: Callable[..., object]) -> ModuleType:
    """Return the module that the function is defined in.

    Code that was run by `exec` has variables and no module: one is made of them.
    """
    defined = definition(function)
    variables = getattr(defined, "__globals__", None)
    named = sys.modules.get(getattr(defined, "__module__", None) or "")
    if named is not None and (variables is None or vars(named) is variables):
        return named
    module = ModuleType(str((variables or {}).get("__name__", "")))
    vars(module).update(variables or {})
    return module
