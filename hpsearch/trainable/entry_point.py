"""The function that an experiment names: whether it can be called, and what it is called with.

It is called as `train(params, trial)`. Anything that takes these two works: a function under any
decorators, a partial, a method, an object with `__call__`, a class, an `async def`.
"""

import asyncio
import contextvars
import inspect
import sys
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import ModuleType
from typing import Any

from hpsearch.common.errors import UserError
from hpsearch.trainable import faults
from hpsearch.trainable.annotations import definition, evaluate
from hpsearch.trainable.hints import describe
from hpsearch.trainable.parameters import Unfit, signature_of
from hpsearch.trainable.signature import Signature

Train = Callable[[Any, Any], object]


def entry_point(reference: str, found: Train) -> tuple[Train, Signature]:
    """Return the function, made to run to its end, and what it takes; raises UserError."""
    if _yields(found):
        raise UserError(faults.trainable_is_generator(reference))
    try:
        called = _called(found)
        parameters = list(inspect.signature(called).parameters.values())
    except (TypeError, ValueError):  # written in C, without a signature
        return partial(_run_to_its_end, found), Signature()
    _check_arguments(reference, called)
    annotation = parameters[0].annotation
    if annotation is parameters[0].empty or parameters[0].kind is parameters[0].VAR_POSITIONAL:
        return partial(_run_to_its_end, found), Signature()
    hint = _evaluated(annotation, definition(found))
    try:
        return partial(_run_to_its_end, found), signature_of(hint)
    except Unfit as why:
        fault = faults.unfit_parameters(reference, describe(hint), str(why), why.fix)
        raise UserError(fault) from None


def functions_of(module: ModuleType) -> list[str]:
    """Return the names of the functions that a module defines; not those that it imports."""
    return [
        name
        for name, value in vars(module).items()
        if inspect.isroutine(value) and getattr(value, "__module__", "") == module.__name__
    ]


def _run_to_its_end(train: Train, params: Any, trial: Any) -> object:
    """Call the trainable, and wait for the result of a coroutine."""
    result = train(params, trial)
    if inspect.iscoroutine(result):
        return _awaited(result)
    if inspect.isgenerator(result) or inspect.isasyncgen(result):
        raise TypeError("the trainable returned a generator, and none of its code has run")
    return result


def _awaited(result: Coroutine[Any, Any, object]) -> object:
    """Return a coroutine's result; a running event loop of this thread (a notebook's) goes on."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(result)
    with ThreadPoolExecutor(1, "async-trainable") as apart:
        return apart.submit(contextvars.copy_context().run, asyncio.run, result).result()


def _yields(function: Any) -> bool:
    """Return whether calling it would only make a generator."""
    if not inspect.isroutine(function) and not isinstance(function, partial | type):
        function = function.__call__
    return inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function)


def _called(function: Any) -> Any:
    """Return the first function that names its arguments: decorators may pass everything on."""
    while hasattr(function, "__wrapped__") and _passes_everything_on(function):
        function = function.__wrapped__
    return function


def _passes_everything_on(function: Any) -> bool:
    try:
        own = inspect.signature(function, follow_wrapped=False).parameters.values()
    except ValueError:  # written in C, as functools.cache
        return True
    return all(one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD) for one in own)


def _evaluated(annotation: Any, defined: Any) -> Any:
    module = getattr(defined, "__module__", None) or "builtins"
    variables = {one.__name__: one for one in getattr(defined, "__type_params__", ())}
    return evaluate(annotation, module, {**_enclosing(defined, module), **variables})


def _enclosing(defined: Any, module: str) -> dict[str, Any]:
    """Return the variables of functions around this one, and of code that is in no module."""
    variables = getattr(defined, "__globals__", {})
    known = sys.modules.get(module)
    found = {} if known is not None and vars(known) is variables else dict(variables)
    if inspect.isfunction(defined):
        found |= inspect.getclosurevars(defined).nonlocals
    return found


def _check_arguments(reference: str, called: Any) -> None:
    signature = inspect.signature(called, follow_wrapped=False)
    try:
        signature.bind("params", "trial")
    except TypeError:
        raise UserError(faults.trainable_arguments(reference, str(signature))) from None
