"""The standard streams of this process: Python's, C's, and the file descriptors below them."""

import ctypes
import os
import sys
from contextlib import suppress
from io import TextIOWrapper


def restore_descriptor(saved: int, number: int) -> None:
    """Point a descriptor to the target of a saved copy, and close the copy."""
    os.dup2(saved, number)
    os.close(saved)


def open_stream(number: int, *, close: bool = False) -> TextIOWrapper:
    """Return a text stream on a descriptor, which stays usable for whoever keeps it, or not."""
    return open(
        number, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=close
    )


def flush() -> None:
    """Flush Python's streams and C's."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    with suppress(OSError, ValueError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.fflush(ctypes.c_void_p.in_dll(libc, "stdout"))
