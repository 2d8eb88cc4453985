"""The values that a trainable may report or log, made plain: steps and numbers."""

from collections.abc import Mapping

LARGEST_STEP = 2**63 - 1
"""What MLflow and every database under it can hold."""


def whole_step(step: object) -> int:
    """Return a step as an int, also a NumPy integer; raises TypeError or ValueError."""
    if isinstance(step, bool) or not hasattr(step, "__index__"):
        raise TypeError(f"report: a step is a whole number from 0, not {step!r}")
    whole = step.__index__()
    if not 0 <= whole <= LARGEST_STEP:
        raise ValueError(f"report: a step is a whole number from 0 to 2**63 - 1, not {whole}")
    return int(whole)


def plain_metrics(metrics: Mapping[str, float]) -> dict[str, float]:
    """Return metrics as plain floats, also of 0-d tensors; raises TypeError or ValueError."""
    found = {}
    for name, value in metrics.items():
        try:
            if isinstance(value, str | bytes):
                raise TypeError
            found[str(name)] = float(value)
        except OverflowError:
            raise ValueError(f"report: metric `{name}` is larger than a float can be") from None
        except (TypeError, ValueError):
            raise TypeError(f"report: metric `{name}` is {value!r}, not a number") from None
    return found
