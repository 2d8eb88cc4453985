"""What an import took, and what it left out."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from hpsearch.common.text import count

if TYPE_CHECKING:
    from hpsearch.usecases import Imported

MOST_SHOWN = 5
"""So many trials, and so many reasons, are named; `--json` names all of them."""


def imported_text(found: "Imported") -> Iterator[str]:
    """Return what was taken, why others are left out, and what is left of the budget."""
    done = "would be imported" if found.is_dry_run else "imported"
    known = f"; {count(found.known, 'trial')} imported before" if found.known else ""
    yield f"{done} into {found.study}: {count(found.added, 'trial')}{known}."
    if found.outside:
        yield f"left out, not of this experiment: {count(len(found.outside), 'trial')}"
        yield from (f"  {one}" for one in found.outside[:MOST_SHOWN])
        if len(found.outside) > MOST_SHOWN:
            yield f"  and {len(found.outside) - MOST_SHOWN} more; `--json` has all of them"
    if others := [f"{amount} {why}" for why, amount in found.others.items()]:
        if len(others) > MOST_SHOWN:
            others[MOST_SHOWN:] = ["and others; `--json` has all of them"]
        yield f"left out, too: {', '.join(others)}."
    yield from (f"note: {notice}." for notice in found.notices)
    if found.left <= 0:
        yield "the budget of trials is spent: raise `budget.trials` to search further."


def imported_data(found: "Imported") -> dict[str, Any]:
    """Return the import as `--json` has it."""
    return asdict(found)
