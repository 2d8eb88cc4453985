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

from typing import TYPE_CHECKING

from hpsearch.common.lazy import lazy_names

if TYPE_CHECKING:
    from hpsearch.reports.card import render_card
    from hpsearch.reports.confusion import confusion_png
    from hpsearch.reports.page import render_page, warm_up
    from hpsearch.reports.pictures import as_files
    from hpsearch.reports.subject import Subject

__all__ = ["Subject", "as_files", "confusion_png", "render_card", "render_page", "warm_up"]

_MODULES = {
    "card": ("render_card",),
    "confusion": ("confusion_png",),
    "page": ("render_page", "warm_up"),
    "pictures": ("as_files",),
    "subject": ("Subject",),
}


__getattr__ = lazy_names(__name__, _MODULES)
