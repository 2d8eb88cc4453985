"""A study as people look at it: one self-contained HTML page, and the same pictures as PNG.

    page.py         the page, from page.html; sections.py: what its sections say
    subject.py      what the page and the pictures are about
    canvas.py       how all pictures look, and PNG; svg.py: SVG
    pictures.py     which pictures there are
    history.py, curves.py, importance.py, parallel.py, slices.py, costs.py, confusion.py: one kind
                    of picture each
    card.py         the study in a notebook

Only this room imports matplotlib (0.5 s) and jinja2, when one of the names below is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hpsearch.report.card import render_card
    from hpsearch.report.confusion import confusion_png
    from hpsearch.report.page import render_page
    from hpsearch.report.pictures import as_files
    from hpsearch.report.subject import Subject

__all__ = ["Subject", "as_files", "confusion_png", "render_card", "render_page"]

_HOMES = {
    "Subject": "subject",
    "as_files": "pictures",
    "confusion_png": "confusion",
    "render_card": "card",
    "render_page": "page",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"hpsearch.report.{_HOMES[name]}"), name)
