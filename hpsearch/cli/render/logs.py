"""The log of an attempt: as a person reads it, and as data."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hpsearch.common.logs import Line

if TYPE_CHECKING:
    from hpsearch.usecases import TrialLog


def log_title(log: "TrialLog") -> str:
    """Return which attempt it is of."""
    record, study = log.record, log.view.store.name
    what = f"trial {record.number} of {study}"
    if record.repeats is not None:
        what = f"training {record.number} of {study}'s confirmation: trial {record.repeats}"
        what += f" from seed {record.seed}"
    return f"{what} ({record.state}), attempt {log.attempt}"


def log_comes_later(log: "TrialLog", *, waits: bool) -> str:
    """Return why a running trial shows nothing yet."""
    then = "waiting for that" if waits else "nothing is there yet"
    return f"it still runs: {log.view.store.store_address} gets its log when it ends; {then}."


def why_empty(log: "TrialLog") -> str:
    """Return why there is no line."""
    if log.attempt in log.attempts or log.record.imported:
        return "it printed nothing." if not log.record.imported else "another program ran it."
    return "no log of this attempt was kept."


def line_text(line: Line) -> str:
    """Return a line after the seconds since the attempt started."""
    seconds = "" if line.seconds is None else f"{line.seconds:.3f}"
    return f"{seconds:>10}  {line.text}"


def log_data(log: "TrialLog", lines: Sequence[Line]) -> dict[str, Any]:
    """Return the lines, and which attempt they are of."""
    return {
        "study": log.view.store.name,
        "trial": log.record.number,
        "attempt": log.attempt,
        "attempts": list(log.attempts),
        "running": log.is_running(),
        "file": log.address,
        "lines": [{"seconds": line.seconds, "text": line.text} for line in lines],
    }
