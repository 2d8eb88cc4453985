"""What a trainable returned, as metrics."""

from collections.abc import Mapping

from hpsearch.engine import RETURNED


def is_number(value: object) -> bool:
    """Return whether a value is one number, also a 0-d tensor, but not a string or a bool."""
    is_bool = isinstance(value, bool) or str(getattr(value, "dtype", "")).endswith("bool")
    return hasattr(value, "__float__") and getattr(value, "ndim", 0) == 0 and not is_bool


def result_metrics(returned: object) -> dict[str, float]:
    """Return what a trainable returned as metrics: a number, or the numbers of a mapping."""
    if isinstance(returned, Mapping):
        return {str(k): float(v) for k, v in returned.items() if is_number(v)}
    return {RETURNED: float(returned)} if is_number(returned) else {}  # type: ignore[arg-type]
