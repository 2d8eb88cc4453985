"""The page: one HTML file with everything in it, that opens without a network.

Whatever comes from a trial is escaped, and the page's own policy lets nothing else run or load.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from hpsearch import __version__
from hpsearch.analysis.overview import last_activity, reasons, searched, states
from hpsearch.common.redaction import redacted
from hpsearch.common.text import duration, listed, number, parameter, printable, span
from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.experiment import describe_parameter, dump_yaml
from hpsearch.report.canvas import Picture, style, svg
from hpsearch.report.costs import costs
from hpsearch.report.pictures import draw
from hpsearch.report.subject import Subject

FOLDER = Path(__file__).parent
MOST_ROWS = 500
"""Trials in the table; `hpsearch show --json` has all of them."""


def render(subject: Subject) -> str:
    """Return the page; takes a second, and ten with 3,000 trials."""
    script = (FOLDER / "page.js").read_text()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters.update(text=_text, duration=duration)
    template = environment.from_string((FOLDER / "page.html").read_text())
    with style():
        pictures = {found[0].name: _figure(found) for found in draw(subject, apart=True)}
    return template.render(
        subject=subject,
        facts=_facts(subject),
        best=_best(subject),
        space=_space(subject),
        pictures=pictures,
        costs=costs(subject),
        failures=_failures(subject),
        suggested=any(record.suggested for record in subject.records),
        rows=[_row(subject, record) for record in _listed(subject)],
        yaml=dump_yaml(subject.experiment.shown()),
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        version=__version__,
        style=Markup((FOLDER / "page.css").read_text()),  # noqa: S704 (our own file)
        script=Markup(script),  # noqa: S704 (our own file)
        digest=digest,
    )


def _figure(pictures: Sequence[Picture]) -> dict[str, Any]:
    # matplotlib has escaped what stands in the pictures
    return {"svgs": [Markup(svg(one)) for one in pictures], "notes": pictures[0].notes}  # noqa: S704


def _text(value: object) -> str:
    """Return a text of a trial as it may be shown: without credentials and control characters."""
    return printable(redacted(str(value)))


def _facts(subject: Subject) -> list[tuple[str, str]]:
    records = subject.records
    amounts = [f"{amount} {state}" for state, amount in states(records).items() if amount]
    begun = min((record.started for record in records), default=None)
    last = last_activity(records)
    places = {f"{r.place.host} ({r.place.device})" for r in records if r.place}
    suggested = [record.number for record in records if record.suggested]
    experiment = subject.experiment
    facts = {
        "searched for": ", ".join(goal.label for goal in experiment.goals),
        "trials": ", ".join(amounts) or "none yet",
        "when": f"{begun:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC" if begun and last else "",
        "searching": duration(max((r.search_seconds for r in records), default=0.0)),
        "training": f"{duration(sum(r.seconds for r in records))} in all trials together",
        "suggested": f"trials {listed(suggested)}" if suggested else "",
        "where": ", ".join(sorted(places)[:8]) + (" …" if len(places) > 8 else ""),
        "how": f"sampler {experiment.sampler.type}, pruner {experiment.pruner.type}, "
        f"seed {experiment.seed}",
        "experiment": subject.source,
    }
    return [(name, said) for name, said in facts.items() if said]


def _best(subject: Subject) -> dict[str, Any] | None:
    best = subject.best
    if best is None:
        return None
    fixed = subject.experiment.privacy.shown(subject.experiment.params)
    names = {**searched(best, subject.experiment), **fixed}
    return {
        "record": best,
        "values": [
            (goal.metric, number(value, 6))
            for goal, value in zip(subject.experiment.goals, best.values, strict=True)
        ],
        "params": [(name, parameter(value)) for name, value in names.items()],
        "others": _others(best, [goal.metric for goal in subject.experiment.goals]),
        "held_out": _held_out(subject.evaluation),
    }


def _others(best: TrialRecord, objectives: Sequence[str]) -> list[str]:
    """Return the last value of every metric that is no objective, reported or logged."""
    last = {name: m for m in best.measurements for name in m.metrics if name not in objectives}
    return [f"{name} {number(m.metrics[name])} (step {m.step})" for name, m in last.items()]


def _held_out(evaluation: Mapping[str, Any]) -> list[str]:
    intervals = evaluation.get("intervals_95", {})
    found = []
    for name, value in evaluation.get("metrics", {}).items():
        ends = intervals.get(name)
        interval = f" (95% between {number(ends[0])} and {number(ends[1])})" if ends else ""
        found.append(f"{name} {number(value)}{interval}")
    return found


def _space(subject: Subject) -> list[tuple[str, str]]:
    space = subject.experiment.space
    return [(name, describe_parameter(one)) for name, one in space.items()]


def _failures(subject: Subject) -> list[dict[str, Any]]:
    failed = [record for record in subject.records if record.state is TrialState.FAILED]
    return [
        {
            "reason": reason,
            "count": len(numbers),
            "trials": listed(numbers),
            "traceback": next(r.traceback for r in failed if r.number == numbers[0]),
            "example": numbers[0],
        }
        for (_, reason), numbers in reasons(failed).items()
    ]


def _listed(subject: Subject) -> list[TrialRecord]:
    """Return the trials of the table: the best first, then the newest."""
    others = [r for r in reversed(subject.records) if r.state is not TrialState.COMPLETE]
    others.sort(key=lambda record: record.state.is_finished)  # what runs stands before what is over
    return [*subject.ranked, *others][:MOST_ROWS]


def _row(subject: Subject, record: TrialRecord) -> dict[str, Any]:
    space, goals = subject.experiment.space, subject.experiment.goals
    found = searched(record, subject.experiment)
    return {
        "record": record,
        "values": record.values or [None] * len(goals),
        "params": [parameter(found[n]) if n in found else "" for n in space],
        "time": span(record.seconds),
    }
