"""Annotations evaluated one by one, so that one that fails does not affect the others.

A name that a module imports only under `if TYPE_CHECKING:` is imported here when an annotation
needs it: by then the module is loaded, so there is no circular import.
"""

import ast
import importlib
import inspect
import sys
import typing
from collections.abc import Mapping
from functools import partial
from types import ModuleType
from typing import Any

from hpsearch.common.syntax import parse_module
from hpsearch.trainable.hints import Unresolved


def evaluate(annotation: Any, module: str, names: Mapping[str, Any] | None = None) -> Any:
    """Return what an annotation of this module means, or an Unresolved that says why not."""
    loaded = sys.modules.get(module)
    known = dict(names or {})
    holder = type("Holder", (), {"__annotations__": {"it": annotation}, "__module__": module})
    while True:
        try:
            return typing.get_type_hints(
                holder, vars(loaded or typing), known, include_extras=True
            )["it"]
        except NameError as error:
            if error.name is None or error.name in known or loaded is None:
                return _unresolved(annotation, error)
            try:
                known[error.name] = _type_checking_import(loaded, error.name)
            except Exception as missing:  # whatever the imported module raises
                return _unresolved(annotation, missing)
        except Exception as error:  # an annotation is any expression
            return _unresolved(annotation, error)


def annotation_of(owner: type, name: str) -> Any:
    """Return the evaluated annotation of a class's field, wherever it is inherited from."""
    for base in owner.__mro__:
        found = inspect.get_annotations(base)
        if name in found:
            variables = {one.__name__: one for one in getattr(base, "__type_params__", ())}
            return evaluate(found[name], base.__module__, {**vars(base), **variables})
    return Any


def definition(function: Any) -> Any:
    """Return the `def` under partials, decorators that say what they wrap, methods and objects."""
    while True:
        inner = _wrapped(function)
        if inner is function:
            return function
        function = inner


def has_train(function: Any) -> bool:
    """Return whether it is a class whose instances train themselves: it has a method `train`."""
    return inspect.isclass(function) and inspect.isroutine(getattr(function, "train", None))


def _wrapped(function: Any) -> Any:
    if isinstance(function, partial):
        return function.func
    if inspect.ismethod(function):
        return function.__func__
    if hasattr(function, "__wrapped__"):
        return function.__wrapped__
    if inspect.isclass(function):
        return getattr(function, "train" if has_train(function) else "__init__")
    own_call = not hasattr(function, "__code__") and callable(function)
    return type(function).__call__ if own_call else function


def _type_checking_import(module: ModuleType, name: str) -> Any:
    """Import what the module imports for type checkers alone; raises NameError if it does not."""
    tree = parse_module(inspect.getsource(module))
    blocks = [node for node in tree.body if isinstance(node, ast.If) and is_type_checking(node)]
    for statement in (line for block in blocks for line in block.body):
        if not isinstance(statement, ast.Import | ast.ImportFrom):
            continue
        for alias in statement.names:
            if (alias.asname or alias.name.partition(".")[0]) == name:
                return _imported(module, statement, alias)
    raise NameError(f"name {name!r} is not defined", name=name)


def is_type_checking(node: ast.If) -> bool:
    """Return whether this is an `if TYPE_CHECKING:`."""
    return ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def _imported(module: ModuleType, statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> Any:
    if isinstance(statement, ast.Import):
        whole = importlib.import_module(alias.name)
        return whole if alias.asname else sys.modules[alias.name.partition(".")[0]]
    origin = "." * statement.level + (statement.module or "")
    source = importlib.import_module(origin, module.__package__)
    if hasattr(source, alias.name):
        return getattr(source, alias.name)
    return importlib.import_module(f"{source.__name__}.{alias.name}")


def _unresolved(annotation: Any, error: Exception) -> Unresolved:
    text = annotation if isinstance(annotation, str) else str(annotation)
    return Unresolved(text, f"{type(error).__name__}: {error}.")
