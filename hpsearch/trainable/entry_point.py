"""The function that an experiment names: whether it can be called, and what it is called with.

It is called as `train(params, trial)`. Anything that takes these two works: a function under any
decorators, a partial, a method, an object with `__call__`, a class, an `async def`, a generator. A
class with a method `train` is called as `Model(params).train(trial)`; if it is a dataclass or the
like, its fields are the hyperparameters.
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
from hpsearch.trainable.annotations import definition, evaluate, has_train
from hpsearch.trainable.generators import run_async_generator, run_generator
from hpsearch.trainable.hints import describe
from hpsearch.trainable.parameters import Unfit, is_record, signature_of
from hpsearch.trainable.signature import Signature

Train = Callable[[Any, Any], object]


def entry_point(reference: str, found: Train) -> tuple[Train, Signature]:
    """Return the function, made to run to its end, and what it takes; raises UserError."""
    train = partial(_train_new, found) if has_train(found) else found
    return partial(_run_to_its_end, train), _signature(reference, found)


def _signature(reference: str, found: Any) -> Signature:
    """Return what the first parameter is made from; raises UserError."""
    if not has_train(found):
        annotation = _annotation(reference, found)
    else:
        _check_class(reference, found)
        annotation = found if is_record(found) else _first(inspect.signature(found))
    if annotation is inspect.Parameter.empty:
        return Signature()
    hint = _evaluated(annotation, definition(found))
    try:
        return signature_of(hint)
    except Unfit as why:
        fault = faults.unfit_parameters(reference, describe(hint), str(why), why.fix)
        raise UserError(fault) from None


def _annotation(reference: str, found: Train) -> Any:
    """Return the annotation of a function's first parameter; raises UserError."""
    try:
        called = _called(found)
        signature = inspect.signature(called)
    except (TypeError, ValueError):  # written in C, without a signature
        return inspect.Parameter.empty
    _check_arguments(reference, called)
    return _first(signature)


def _first(signature: inspect.Signature) -> Any:
    """Return the annotation of the first parameter, empty if it is `*args`."""
    first = next(iter(signature.parameters.values()))
    return first.empty if first.kind is first.VAR_POSITIONAL else first.annotation


def functions_of(module: ModuleType) -> list[str]:
    """Return the names of the functions that a module defines; not those that it imports."""
    return [
        name
        for name, value in vars(module).items()
        if inspect.isroutine(value) and getattr(value, "__module__", "") == module.__name__
    ]


def _train_new(made: Any, params: Any, trial: Any) -> object:
    """Train a new instance of a class; a record was made already: it is the hyperparameters."""
    return (params if is_record(made) else made(params)).train(trial)


def _run_to_its_end(train: Train, params: Any, trial: Any) -> object:
    """Call the trainable; run a generator or a coroutine until it ends."""
    result = train(params, trial)
    if inspect.isgenerator(result):
        return run_generator(result, trial)
    if inspect.isasyncgen(result):
        return _awaited(run_async_generator(result, trial))
    return _awaited(result) if inspect.iscoroutine(result) else result


def _awaited(result: Coroutine[Any, Any, object]) -> object:
    """Return a coroutine's result; a running event loop of this thread (a notebook's) continues."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(result)
    with ThreadPoolExecutor(1, "hpsearch-async-trainable") as apart:
        return apart.submit(contextvars.copy_context().run, asyncio.run, result).result()


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


def _check_class(reference: str, made: Any) -> None:
    """Raise UserError unless it is called as `made(params).train(trial)`, or is a record."""
    try:
        inspect.signature(made.train).bind("self", "trial")
        if not is_record(made):
            inspect.signature(made).bind("params")
    except TypeError:
        taken = f"{inspect.signature(made)}, its `train` {inspect.signature(made.train)}"
        raise UserError(faults.trainable_class(reference, taken)) from None
