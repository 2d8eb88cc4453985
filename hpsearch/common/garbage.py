"""Python's collector of garbage, switched off where it would find nothing."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Collect no garbage inside this block: an import, the reading of a large file or answer.

    Whatever these make stays for the block, so that looking through it again and again finds
    nothing: it takes a fifth of the time to import torch, two fifths of that to read 20,000 trials,
    and half of that to ask MLflow for their runs (2026-11).
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
