"""`sys.argv` while the code of a trainable is imported or runs: a program without arguments."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from hpsearch.common.shared_change import SharedChange, replace_attribute

_REPLACED = SharedChange(lambda: replace_attribute(sys, "argv", sys.argv))
"""Searches may run in several threads at once: the last one restores what the first one found."""


@contextmanager
def no_arguments(file: str) -> Iterator[None]:
    """Have `sys.argv` name a file alone."""
    with _REPLACED.applied():
        before, sys.argv = sys.argv, [file]
        try:
            yield
        finally:
            sys.argv = before
