"""A study as a terminal and a notebook show it."""

from hpsearch import usecases
from hpsearch.common.errors import HpsearchError
from hpsearch.store import Store


def line_of(studies: Store, name: str) -> str:
    """Return the study in one line; if it cannot be read, with the error's code."""
    head = f"<Study {name!r} at {studies.study(name).address}: "
    try:
        view = usecases.look(studies, name)
    except HpsearchError as error:
        return f"{head}{error.faults[0].code}>"
    best = f", best {view.best.value:g}" if view.best and view.best.values else ""
    amount = f"trials: {len(view.records)}"
    return f"{head}{view.standing}, {amount}{best}>"


def html_of(studies: Store, name: str) -> str | None:
    """Return the study as HTML; None if it cannot be read: a notebook then shows the line."""
    try:
        return usecases.card_of(usecases.look(studies, name))
    except HpsearchError:
        return None
