"""A study as a notebook shows it: the best trial, the history, the ten best."""

import html
from collections.abc import Iterable

from hpsearch.analysis import searched, shown_names, states
from hpsearch.common.text import number, parameter, printable, values
from hpsearch.common.trial import TrialRecord
from hpsearch.study_report.canvas import PALETTE, style
from hpsearch.study_report.history import history
from hpsearch.study_report.subject import Subject
from hpsearch.study_report.svg import svg

MOST_ROWS = 10


def render_card(subject: Subject) -> str:
    """Return the study as a piece of HTML that needs nothing from elsewhere."""
    variables = "; ".join(f"--{name}: {colour}" for name, colour in PALETTE.items())
    parts = [_head(subject), _picture(subject), _table(subject)]
    return f'<div class="hpsearch" style="{variables}">{"".join(parts)}</div>'


def _head(subject: Subject) -> str:
    amounts = ", ".join(f"{n} {state}" for state, n in states(subject.records).items() if n)
    text = f"<p><b>{_text(subject.name)}</b>: {subject.standing}; trials: {amounts or 'none'}</p>"
    if subject.best is None:
        return text
    best = f"trial {subject.best.number}, {values(subject.best, subject.experiment.goals)}"
    return f"{text}<p>best: {_text(best)}</p>"


def _picture(subject: Subject) -> str:
    if not subject.complete:
        return ""
    with style():
        return svg(history(subject))


def _table(subject: Subject) -> str:
    if not subject.ranked:
        return ""
    goals, names = subject.experiment.goals, shown_names(subject.experiment)
    head = _row("th", ["trial", *(goal.metric for goal in goals), *names])
    rows = [_row("td", _cells(one, subject)) for one in subject.ranked[:MOST_ROWS]]
    return f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"


def _cells(record: TrialRecord, subject: Subject) -> list[str]:
    params, names = searched(record, subject.experiment), shown_names(subject.experiment)
    found = [parameter(params[name]) if name in params else "" for name in names]
    return [str(record.number), *map(number, record.values), *found]


def _row(tag: str, cells: Iterable[str]) -> str:
    return f"<tr>{''.join(f'<{tag}>{_text(cell)}</{tag}>' for cell in cells)}</tr>"


def _text(text: str) -> str:
    return html.escape(printable(text))
