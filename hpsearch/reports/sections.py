"""What each section of the page says, as plain values for the template."""

from collections.abc import Mapping, Sequence
from typing import Any

from hpsearch.analysis import (
    failing_parts,
    last_activity,
    prospect_of,
    reasons,
    schedule_of,
    searched,
    shown_names,
    states,
    why_none_stopped,
)
from hpsearch.common.text import duration, listed, number, parameter, span
from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.experiment import describe_parameter
from hpsearch.reports.subject import Subject

MOST_ROWS = 500
"""Trials in the table; `hpsearch show --json` has all of them."""


def facts_of(subject: Subject) -> list[tuple[str, str]]:
    """Return what the summary says, by name."""
    facts = _asked(subject) | _course(subject) | _special_trials(subject) | _means(subject)
    return [(name, said) for name, said in facts.items() if said]


def _asked(subject: Subject) -> dict[str, str]:
    """Return what was searched for."""
    return {
        "objective": ", ".join(goal.label for goal in subject.experiment.goals),
        "constraints": ", ".join(one.label for one in subject.goal.constraints),
        "parameter constraints": ", ".join(subject.experiment.parameter_constraints),
    }


def _course(subject: Subject) -> dict[str, str]:
    """Return how many trials there were, and how long they took."""
    records = subject.records
    amounts = [f"{amount} {state}" for state, amount in states(records).items() if amount]
    begun = min((record.started for record in records), default=None)
    last = last_activity(records)
    return {
        "trials": ", ".join(amounts) or "none yet",
        "when": f"{begun:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC" if begun and last else "",
        "searching": duration(max((r.search_seconds for r in records), default=0.0)),
        "training": f"{duration(sum(r.seconds for r in records))} in all trials together",
        "outlook": _outlook(subject),
    }


def _special_trials(subject: Subject) -> dict[str, str]:
    """Return the trials that are not simply the sampler's."""
    records = subject.records
    outside = [record.number for record in records if record.outside]
    copies = [f"trial {r.number} {r.origin}" for r in records if r.parent is not None]
    return {
        "suggested": _trials([record.number for record in records if record.suggested]),
        "copies": "; ".join(copies),
        "best schedule": "; ".join(_schedule(subject)),
        "imported": _trials([record.number for record in records if record.imported]),
        "outside": f"{_trials(outside)}, since an amendment" if outside else "",
    }


def _means(subject: Subject) -> dict[str, str]:
    """Return on what machines and with what strategies it was searched, and from what file."""
    places = {f"{r.place.host} ({r.place.device})" for r in subject.records if r.place}
    return {
        "where": ", ".join(sorted(places)[:8]) + (" …" if len(places) > 8 else ""),
        **subject.strategies,
        "stopped early": why_none_stopped(subject.records, subject.experiment),
        "seed": str(subject.experiment.seed),
        "warm start": "; ".join(subject.warm_start),
        "experiment": subject.source,
    }


def _trials(numbers: Sequence[int]) -> str:
    return f"trial{'s' * (len(numbers) > 1)} {listed(numbers)}" if numbers else ""


def _schedule(subject: Subject) -> list[str]:
    """Return the stretches of the best trial if it started from another one."""
    if subject.best is None:
        return []
    names = [*subject.experiment.space]
    return [one.words(names) for one in schedule_of(subject.best, subject.records)]


def _outlook(subject: Subject) -> str:
    """Return what more searching promises, nothing if that cannot be told yet."""
    found = prospect_of(subject.records, subject.experiment.goals)
    return "" if found is None else found.words


def best_of(subject: Subject) -> dict[str, Any] | None:
    """Return the best trial with its values and hyperparameters, None if no trial is complete."""
    best = subject.best
    if best is None:
        return None
    names = searched(best, subject.experiment)
    names |= {n: v for n, v in best.shown_params.items() if n in subject.experiment.params}
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
    """Return the last value of every other metric, reported or logged."""
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


def space_of(subject: Subject) -> list[tuple[str, str]]:
    """Return what was searched: each hyperparameter and its range."""
    written = subject.experiment.space.written
    return [(name, describe_parameter(one)) for name, one in written.items()]


def failures_of(subject: Subject) -> list[dict[str, Any]]:
    """Return the failed trials by reason, the most frequent first."""
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


def failing_of(subject: Subject) -> list[str]:
    """Return the parts of the space in which most trials fail, in words."""
    return [str(part) for part in failing_parts(subject.records, subject.experiment)]


def rows_of(subject: Subject) -> list[dict[str, Any]]:
    """Return the rows of the table of trials: the best first, then the newest."""
    others = [r for r in reversed(subject.records) if r.state is not TrialState.COMPLETE]
    others.sort(key=lambda record: record.state.is_finished)  # what runs comes before what is over
    return [_row(subject, record) for record in [*subject.ranked, *others][:MOST_ROWS]]


def _row(subject: Subject, record: TrialRecord) -> dict[str, Any]:
    names, goals = shown_names(subject.experiment), subject.experiment.goals
    found = searched(record, subject.experiment)
    return {
        "record": record,
        "values": record.values or [None] * len(goals),
        "params": [parameter(found[n]) if n in found else "" for n in names],
        "time": span(record.seconds),
    }
