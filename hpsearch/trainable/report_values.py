"""What a trainable may report or log, checked and made plain: steps, numbers, what saves files."""

from collections.abc import Callable, Mapping
from pathlib import Path

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
    if not hasattr(metrics, "items"):
        raise TypeError(f"report: metrics are a mapping of names to numbers, not {metrics!r:.100}")
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


def saving(checkpoint: Callable[[Path], None] | None) -> Callable[[Path], None] | None:
    """Return what saves a checkpoint; raises TypeError if it is the checkpoint itself, say."""
    if checkpoint is None or callable(checkpoint):
        return checkpoint
    raise TypeError(
        "report: `checkpoint` is a function that saves files into the folder that it is given, "
        f"or None, and no {type(checkpoint).__name__}"
    )
