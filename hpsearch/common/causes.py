"""Why a trial failed, as far as its hyperparameters may be to blame."""

import re
from typing import Literal

Cause = Literal["run out of memory", "report no number", "take too long"]

_SIGNS: tuple[tuple[str, Cause], ...] = (
    (r"out of memory|OutOfMemory|MemoryError|bad_alloc", "run out of memory"),
    (r" is (nan|-?inf) at step \d+$", "report no number"),
    (r"^over its time limit", "take too long"),
)


def cause_of(reason: str) -> Cause | None:
    """Return what such trials do, by the reason of one; None: it says nothing of its params."""
    return next((cause for sign, cause in _SIGNS if re.search(sign, reason)), None)
