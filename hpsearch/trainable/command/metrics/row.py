"""What a reader finds: the metrics of a line or of a row, with their step."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hpsearch.trainable.report_values import LARGEST_STEP

AROUND_NUMBERS = " \t,;:%()[]{}'\""
"""What a pattern may catch beside a number."""


@dataclass(frozen=True)
class Row:
    """Metrics at a step; None: it is counted. `checkpoint` says that one is whole now."""

    step: int | None
    metrics: Mapping[str, float]
    checkpoint: bool = False


def row_of(values: Mapping[str, Any], *, checkpoint: bool = False) -> Row | None:
    """Return the numbers among some values as a row; None without one, or with no usable step."""
    metrics = {name: one for name, value in values.items() if (one := number(value)) is not None}
    step = metrics.pop("step", None)
    if "step" in values and values["step"] not in (None, "") and not _is_step(step):
        return None
    return Row(None if step is None else int(step), metrics, checkpoint) if metrics else None


def number(value: Any) -> float | None:
    """Return a number, also one that is written in a text; None if it is anything else."""
    if isinstance(value, str):
        value = value.strip(AROUND_NUMBERS)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _is_step(step: float | None) -> bool:
    return step is not None and math.isfinite(step) and 0 <= step <= LARGEST_STEP and step % 1 == 0
