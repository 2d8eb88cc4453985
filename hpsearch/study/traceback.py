"""Errors that look raised by the call itself: a traceback of ours helps nobody in a notebook."""

import functools
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import ParamSpec, TypeVar

from hpsearch.common.errors import HpsearchError

Given = ParamSpec("Given")
Answer = TypeVar("Answer")
Kind = TypeVar("Kind")


def direct(function: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Raise the function's errors anew; the first one, with its traceback, is the `__context__`."""

    @functools.wraps(function)
    def called(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
        __tracebackhide__ = True  # IPython and pytest do not show this frame
        try:
            return function(*args, **kwargs)
        except HpsearchError as error:
            raise type(error)(*error.faults) from None

    return called


def direct_iteration(items: Iterator[Answer]) -> Iterator[Answer]:
    """Yield the items; do the same with an error that ends them."""
    __tracebackhide__ = True
    try:
        yield from items
    except HpsearchError as error:
        raise type(error)(*error.faults) from None


def direct_methods(kind: type[Kind]) -> type[Kind]:
    """Make all public methods and properties of a class direct, and how it is made."""
    for name, member in list(vars(kind).items()):
        if name.startswith("_") and name != "__init__":
            continue
        if isinstance(member, FunctionType):
            setattr(kind, name, direct(member))
        elif isinstance(member, property) and member.fget is not None:
            setattr(kind, name, property(direct(member.fget), doc=member.__doc__))
    return kind
