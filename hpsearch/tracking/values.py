"""A trial's record as MLflow's params, metrics and tags, within MLflow's limits. Imports no MLflow.

What MLflow would refuse is changed, always in the same way: a name with other characters than
letters, digits, `_ - . / :` and space, or one that is no plain relative path, gets `_` for them and
a hash of the name, so two names never become one. A long param or tag is cut and ends in a mark
with a hash of the whole, so two long texts never become one. Lone surrogates and NUL,
which stores refuse, are written as escapes. NaN stays NaN; MLflow stores an infinity as the largest
float.
"""

import hashlib
import posixpath
import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from hpsearch.common.goal import Goal
from hpsearch.common.redaction import HIDDEN
from hpsearch.common.text import writable
from hpsearch.common.trial import Measurement, TrialRecord, TrialState

Place = tuple[str, int, int]
"""The place of a value in MLflow: metric, step, milliseconds since 1970."""

Points = dict[Place, float]

LONGEST_NAME = 250
LONGEST_PARAM = 6000
LONGEST_TAG = 5000  # MLflow 3 takes 8000, older servers 5000
CUT = " [cut]"
"""What a text that was cut ends in, after `…` and the hash of the whole."""

TRIAL_TAG = "hpsearch.trial"
TRIAL_OF_TAG = "hpsearch.trial_of"
"""The id of the study whose trial a run holds: a run without its parent is found by it."""
STATE_TAG = "hpsearch.state"
KIND_TAG = "hpsearch.kind"
REASON_TAG = "hpsearch.reason"

STATUS = {
    TrialState.COMPLETE: "FINISHED",
    TrialState.PRUNED: "KILLED",
    TrialState.FAILED: "FAILED",
    TrialState.INFEASIBLE: "FINISHED",
}
"""MLflow's word for how a trial ended."""


def params_of(record: TrialRecord) -> dict[str, str]:
    """Return the hyperparameters as MLflow's params, secrets hidden."""
    return {safe_name(k): cut(_text(v), LONGEST_PARAM) for k, v in record.shown_params.items()}


def _text(value: object) -> str:
    """Return a value as MLflow shows it; a text that looks like another value is in quotes."""
    if not isinstance(value, str):
        return str(value)
    try:
        float(value)
    except ValueError:
        return repr(value) if value in ("True", "False", "None") else value
    return repr(value)


def can_be_param(text: str, name: str, record: TrialRecord) -> bool:
    """Return whether a run's param is the record's, also as an earlier version wrote it.

    An earlier version cut without a hash, hid other names, and showed what looks like a secret.
    """
    original = next((key for key in record.params if safe_name(key) == name), None)
    if original is None:
        return False
    raw = str(record.params[original])
    mark = "… [cut]"
    earlier = raw if len(raw) <= LONGEST_PARAM else raw[: LONGEST_PARAM - len(mark)] + mark
    return text in (HIDDEN, earlier, params_of(record)[name])


def run_name(record: TrialRecord, kind: str) -> str:
    """Return the name of a trial's run; one that repeats another trial has that one's number."""
    if record.repeats is None:
        return f"trial-{record.number:05d}"
    return f"trial-{record.repeats:05d}-{'final' if kind == 'final' else f'seed-{record.seed}'}"


def tags_of(record: TrialRecord, kind: str = "") -> dict[str, str]:
    """Return what else is known of the trial as tags; empty ones are left out."""
    tags: dict[str, object] = {
        KIND_TAG: kind,
        TRIAL_TAG: record.number,
        STATE_TAG: record.state,
        REASON_TAG: record.reason,
        "hpsearch.attempt": record.attempt,
        "hpsearch.seed": record.seed,
        "hpsearch.suggested": "true" if record.suggested else "",
        "hpsearch.imported": record.imported,
        "hpsearch.infeasible": "true" if record.infeasible else "",
        "hpsearch.repeats": "" if record.repeats is None else record.repeats,
        "hpsearch.parent": "" if record.parent is None else record.parent,
        "hpsearch.from_step": "" if record.parent is None else record.from_step,
        "hpsearch.host": record.place.host if record.place else "",
        "hpsearch.device": record.place.device if record.place else "",
        "hpsearch.code": record.place.code if record.place else "",
        "hpsearch.best_step": "" if record.best_step is None else record.best_step,
    }
    return {key: cut(str(value), LONGEST_TAG) for key, value in tags.items() if value != ""}


def curve(started: datetime, measurements: Sequence[Measurement]) -> Points:
    """Return the measurements as points in time: the same record always gives the same points.

    Seconds are rounded to milliseconds as the journal rounds them, so that a point that was written
    before a kill and one read back from the journal are one.
    """
    start = milliseconds(started)
    return {
        (safe_name(name), m.step, start + round(1000 * round(m.seconds, 3))): float(value)
        for m in measurements
        for name, value in m.metrics.items()
    }


def objective_names(goals: Sequence[Goal]) -> list[str]:
    """Return the metrics that hold a trial's values, one for each objective."""
    return ["objective"] if len(goals) == 1 else [f"objective_{goal.metric}" for goal in goals]


def objective(record: TrialRecord, goals: Sequence[Goal]) -> Points:
    """Return the trial's values as metrics of their own, named by `objective_names`.

    MLflow's tables show a curve's last value, which need not be the one that counts. Left out if
    the trainable itself has a metric of that name.
    """
    taken = {name for m in record.measurements for name in m.metrics}
    values = {
        name: value
        for name, value in zip(
            objective_names(goals), record.values, strict=False
        )  # no values: nothing to say
        if name not in taken
    }
    best = [m for m in record.measurements if m.step == record.best_step and m.counts]
    return curve(record.started, [Measurement(m.step, values, m.seconds) for m in best[-1:]])


def milliseconds(moment: datetime) -> int:
    """Return a moment as MLflow counts: milliseconds since 1970."""
    return round(moment.timestamp() * 1000)


def cut(text: str, limit: int) -> str:
    """Return the text with at most `limit` characters; if it was cut, with a hash of the whole."""
    whole = writable(text)
    if len(whole) <= limit:
        return whole
    mark = f"… {hashlib.sha256(whole.encode()).hexdigest()[:16]}{CUT}"
    return whole[: limit - len(mark)] + mark


@lru_cache(maxsize=4096)
def safe_name(name: str) -> str:
    """Return the name of a param, metric or tag as MLflow takes it; most names stay as they are."""
    clean = re.sub(r"[^/\w.\- :]", "_", name)
    path = posixpath.normpath(clean)
    if path != clean or path == "." or path.startswith(("..", "/")):
        clean = clean.replace("/", "_").lstrip(".") or "_"
    if clean == name and len(name) <= LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode(errors="backslashreplace")).hexdigest()[:8]
    return f"{clean[: LONGEST_NAME - 9]}-{digest}"
