"""Numbers, times and hyperparameters as a person reads them. Imports `goal` and `trial` alone."""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from hpsearch.common.goal import Goal
from hpsearch.common.trial import TrialRecord

CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What a terminal would obey in a trainable's message: colours, cursor moves, bells."""

NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)*(?:e[-+]?\d+)?", re.IGNORECASE)

PASSING = re.compile(
    r"""
      (?:/private)?(?:/tmp|/var/tmp|/var/folders|/dev/shm|/run/user)/[^\s'":,;)\]}>]*
    | [^\s'":,;(\[{<]*hpsearch-\d+-\w{8}[^\s'":,;)\]}>]*  # a trial's folder
    | \btmp[a-z0-9_]{8}\b
    | \b0x[0-9a-f]+\b                                         # an address
    | \b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b         # a UUID
    | \b(?=[a-f]*\d)[0-9a-f]{7,}\b                            # a hash or id
    | \b(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,?\s+)?
      (?:(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\s+\d+
        |\d+\s+(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*)\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""What differs each time: temporary paths, addresses, ids, dates."""

NUMBERS = re.compile(r"…(?:[\s,x×:]+…)+")
"""Several numbers in a row, such as a shape."""


def printable(text: str) -> str:
    """Return a text from elsewhere without what a terminal would obey; tabs and lines stay."""
    return CONTROL.sub("", text)


def writable(text: str) -> str:
    """Return the text as every store takes it: lone surrogates and NUL as escapes."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def number(value: float | None, digits: int = 4) -> str:
    """Return a metric with this many significant digits, zeros kept so that columns align."""
    if value is None:
        return "-"
    if not math.isfinite(value):
        return str(value)
    if 10**digits <= abs(value) < 10**9:
        return f"{value:.0f}"
    return f"{value:#.{digits}g}".removesuffix(".")


def numbers(column: Iterable[float | None]) -> list[str]:
    """Return a column of one metric: whole numbers if all of them are, else as `number` does."""
    cells = list(column)
    present = [value for value in cells if value is not None]
    if all(math.isfinite(value) and value == int(value) for value in present):
        return ["-" if value is None else str(int(value)) for value in cells]
    return [number(value) for value in cells]


def parameter(value: object) -> str:
    """Return a hyperparameter's value; floats have three significant digits."""
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, list):
        return f"[{', '.join(map(parameter, value))}]"
    return value if isinstance(value, str) else written(value)


def parameters(params: Mapping[str, object], width: int = 10_000) -> str:
    """Return hyperparameters in a line, as many as fit: `learning_rate 0.003, depth 2, …`."""
    pairs = [f"{name} {parameter(value)}" for name, value in params.items()]
    for fitting in range(len(pairs), 0, -1):
        text = ", ".join(pairs[:fitting] + ["…"] * (fitting < len(pairs)))
        if len(text) <= width:
            return text
    return ""


def written(value: object) -> str:
    """Return a value of YAML as a person writes it: `null`, `true`, `[1, 'a']`."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {written(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return repr(value)


def clock(seconds: float) -> str:
    """Return a time span like a stopwatch: `0:41`, `12:05`, `1:02:05`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def span(seconds: float) -> str:
    """Return a time span in few characters: `0.4 s`, `41 s`, `12:05`."""
    return duration(seconds) if seconds < 59.5 else clock(seconds)


def duration(seconds: float) -> str:
    """Return a time span in words: `0.4 s`, `41 s`, `12 min 5 s`, `3 h 7 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def ago(moment: datetime | None) -> str:
    """Return how long ago a moment was, in one unit."""
    if moment is None:
        return "-"
    seconds = max(0.0, (datetime.now(UTC) - moment).total_seconds())
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        count = int(seconds // size)
        if count:
            return f"{count} {unit}{'s' * (count != 1)} ago"
    return "now"


def size(amount: int) -> str:
    """Return an amount of bytes in the unit that fits: `812 bytes`, `1.2 MB`."""
    if amount < 1000:
        return count(amount, "byte")
    units = ("kB", "MB", "GB", "TB")
    power = min(int(math.log10(amount)) // 3, len(units))
    return f"{amount / 1000**power:.1f} {units[power - 1]}"


def count(amount: float, noun: str) -> str:
    """Return an amount with its noun: `1 trial`, `3 trials`, `0.5 GPUs`."""
    said = f"{amount:g}" if isinstance(amount, float) else str(amount)
    return f"{said} {noun}" if amount == 1 else f"{said} {noun}s"


def values(record: TrialRecord, goals: Iterable[Goal], digits: int = 4) -> str:
    """Return a trial's values with their metrics: `val_accuracy 0.9912`."""
    return named({g.metric: v for g, v in zip(goals, record.values, strict=False)}, digits)


def named(values: Mapping[str, float], digits: int = 4) -> str:
    """Return values with their metrics: `val_accuracy 0.9912`."""
    return ", ".join(f"{metric} {number(value, digits)}" for metric, value in values.items())


def listed(numbers: Iterable[int], most: int = 8) -> str:
    """Return numbers in a row, cut after `most`: `3, 5, 9 and 4 more`."""
    every = [str(one) for one in numbers]
    shown, rest = every[:most], len(every) - most
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")


def kind_of(reason: str) -> str:
    """Return what two failures for the same reason have in common, for counting them together.

    That is the first line without numbers, dates, addresses, ids and temporary paths.
    """
    line = reason.partition("\n")[0]
    return NUMBERS.sub("…", NUMBER.sub("…", PASSING.sub("…", line)))


def shortened(value: object) -> str:
    """Return a value as Python writes it, cut after 80 characters."""
    text = written(value)
    return text if len(text) <= 80 else text[:77] + "..."
