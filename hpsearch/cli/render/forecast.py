"""What a search takes: as a person reads it, and as data."""

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.text import Text

from hpsearch.analysis.forecast import Span
from hpsearch.cli.output import facts
from hpsearch.common.text import count, duration, size

if TYPE_CHECKING:
    from hpsearch.usecases import Forecast


def forecast_text(found: "Forecast", width: int) -> list[Text]:
    """Return one line for each thing that the search takes, with its interval."""
    rows = [
        ("rests on", found.basis),
        ("a trial", _span(found.trial, duration)),
        ("training", f"{_span(found.training, duration)}, {count(found.trials, 'trial')}"),
        ("search", f"{_span(found.search, duration)}, {found.slots} at a time"),
        ("disk", _disk(found)),
        ("memory", _memory(found)),
    ]
    return facts(rows, width)


def _span(span: Span, words: Callable[[float], str]) -> str:
    low, middle, high = (words(one) for one in (span.low, span.middle, span.high))
    return middle if low == high else f"{middle} ({low} to {high})"


def _disk(found: "Forecast") -> str:
    text = _span(found.disk, _size)
    if found.checkpoint is None:
        return f"{text}; no checkpoint was kept"
    return f"{text}; a checkpoint has {_size(found.checkpoint)}"


def _memory(found: "Forecast") -> str:
    if found.memory is None or found.memory_worker is None:
        return "not known"
    return f"{_size(found.memory_worker)} a worker, {_size(found.memory)} in all"


def _size(amount: float) -> str:
    return size(round(amount))


def forecast_data(found: "Forecast") -> dict[str, Any]:
    """Return it as `--json` has it: seconds and bytes."""
    return asdict(found)
