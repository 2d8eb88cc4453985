"""The page: one HTML file with everything in it, which opens without a network.

Whatever comes from a trial is escaped, and the page's Content-Security-Policy lets nothing else run
or load.
"""

import base64
import hashlib
import io
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup
from matplotlib.figure import Figure

from hpsearch import __version__
from hpsearch.analysis import shown_names
from hpsearch.common.redaction import redacted
from hpsearch.common.text import duration, printable
from hpsearch.experiment import dump_yaml
from hpsearch.reports import sections
from hpsearch.reports.canvas import Picture, style
from hpsearch.reports.costs import costs
from hpsearch.reports.pictures import draw
from hpsearch.reports.subject import Subject
from hpsearch.reports.svg import svg

FOLDER = Path(__file__).parent


def render_page(subject: Subject) -> str:
    """Return the page; takes one second, ten with 3,000 trials."""
    script = (FOLDER / "page.js").read_text()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters.update(text=_text, duration=duration)
    template = environment.from_string((FOLDER / "page.html").read_text())
    with style():
        pictures = {found[0].name: _figure(found) for found in draw(subject, apart=True)}
    return template.render(
        subject=subject,
        facts=sections.facts_of(subject),
        best=sections.best_of(subject),
        names=shown_names(subject.experiment),
        space=sections.space_of(subject),
        pictures=pictures,
        costs=costs(subject),
        failures=sections.failures_of(subject),
        failing=sections.failing_of(subject),
        suggested=any(record.suggested for record in subject.records),
        rows=sections.rows_of(subject),
        yaml=dump_yaml(subject.experiment.shown()),
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        version=__version__,
        style=Markup((FOLDER / "page.css").read_text()),  # noqa: S704 (our own file)
        script=Markup(script),  # noqa: S704 (our own file)
        digest=digest,
    )


def warm_up() -> None:
    """Have matplotlib load its fonts and writers, for a page to come: half a second of it.

    No setting changes meanwhile, so that others may draw at the same time.
    """
    figure = Figure(layout="constrained")
    figure.add_subplot()
    for written in ("svg", "png"):
        figure.savefig(io.BytesIO(), format=written)


def _figure(pictures: Sequence[Picture]) -> dict[str, Any]:
    # matplotlib has escaped the texts in the pictures
    return {"svgs": [Markup(svg(one)) for one in pictures], "notes": pictures[0].notes}  # noqa: S704


def _text(value: object) -> str:
    """Return a trial's text without credentials and control characters."""
    return printable(redacted(str(value)))
