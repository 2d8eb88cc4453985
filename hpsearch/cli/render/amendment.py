"""What an amendment changed, and which trials still count."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from hpsearch.common.text import count, listed

if TYPE_CHECKING:
    from hpsearch.usecases import Amended

MOST_SHOWN = 5
"""So many reasons are shown; `--json` and `hpsearch show` have all."""


def amendment_text(found: "Amended") -> Iterator[str]:
    """Return what changed, and which trials no longer count and why."""
    yield from (f"note: {notice}." for notice in found.notices)
    done = "would be amended" if found.is_dry_run else "amended"
    counts = "would still count" if found.is_dry_run else "still count"
    if found.is_same:
        done, counts = "has this experiment already; nothing was changed", "count"
    total = count(found.fitting + len(found.outside), "trial")
    yield f"{found.study} {done}: {found.fitting} of {total} {counts}."
    yield from (f"  {change}" for change in found.changes)
    reasons = list(found.reasons)
    for why in reasons[:MOST_SHOWN]:
        numbers = [number for number, one in found.outside.items() if one == why]
        yield f"outside: trial{'s' * (len(numbers) > 1)} {listed(numbers)}: {why}"
    if len(reasons) > MOST_SHOWN:
        yield f"and {len(reasons) - MOST_SHOWN} more reasons; `--json` has all of them"


def amendment_data(found: "Amended") -> dict[str, Any]:
    """Return the amendment as `--json` has it."""
    return {
        "study": found.study,
        "changes": found.changes,
        "still_counting": found.fitting,
        "outside": [{"trial": number, "why": why} for number, why in found.outside.items()],
        "dry_run": found.is_dry_run,
    }
