"""What hpsearch keeps of a trial in user attributes, because Optuna has no place for it.

| attribute | holds |
|---|---|
| `hpsearch` | reason, attempt, place, …; written just before the final state |
| `hpsearch:<step>` | all metrics since the previous one: rows of step, seconds, metrics, source |
| `hpsearch-repetition` | the trial of another study that it repeats |
| `hpsearch-suggestion` | the id of the suggestion that it tries |
| `hpsearch-imported` | its id, and what it was imported from |
| `hpsearch-origin` | its population, and the trial and the step whose checkpoint it starts from |
| `hpsearch-prior` | what was drawn at or around the priors of people |

The source of a row is left out if it is `reported`. A copy of the journal is thus complete.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from optuna.trial import FrozenTrial
from pydantic import BaseModel, TypeAdapter

from hpsearch.common.trial import Measurement, Origin, Place, Source, TrialRecord
from hpsearch.engine import each_once

ATTRIBUTE = "hpsearch"
CURVE = "hpsearch:"
REPETITION = "hpsearch-repetition"
SUGGESTION = "hpsearch-suggestion"
IMPORTED = "hpsearch-imported"
PRIOR = "hpsearch-prior"
SEARCHED = "hpsearch-searched"
ORIGIN = "hpsearch-origin"


class Outcome(BaseModel):
    """The attribute `hpsearch`; keys of a later version are ignored."""

    attempt: int = 1
    best_step: int | None = None
    checkpoint_step: int | None = None
    reason: str = ""
    traceback: str = ""
    place: Place | None = None
    ended_after: float = 0.0
    search_seconds: float = 0.0
    infeasible: bool = False


class Repeated(BaseModel):
    """The attribute `hpsearch-repetition`."""

    trial: int | None = None
    seed: int | None = None


_ROWS = TypeAdapter(
    list[tuple[int, float, dict[str, float]] | tuple[int, float, dict[str, float], Source]]
).validate_python


def outcome_of(frozen: FrozenTrial) -> Outcome:
    """Return what hpsearch noted of a trial; raises ValueError if it has another form."""
    return Outcome.model_validate(frozen.user_attrs.get(ATTRIBUTE, {}))


def repetition_of(frozen: FrozenTrial) -> Repeated:
    """Return which trial it repeats; raises ValueError if the attribute has another form."""
    return Repeated.model_validate(frozen.user_attrs.get(REPETITION, {}))


def suggestion_of(frozen: FrozenTrial) -> str | None:
    """Return the id of the suggestion that a trial tries, None if it tries none."""
    attribute = frozen.user_attrs.get(SUGGESTION)
    return str(attribute["id"]) if isinstance(attribute, dict) and "id" in attribute else None


def imported_of(frozen: FrozenTrial) -> str:
    """Return what a trial was imported from, "" if it was not."""
    attribute = frozen.user_attrs.get(IMPORTED)
    return str(attribute.get("from")) if isinstance(attribute, dict) else ""


def is_external(frozen: FrozenTrial) -> bool:
    """Return whether another program ran a trial: it was imported, or written to the journal."""
    attributes = frozen.user_attrs
    return frozen.state.is_finished() and (IMPORTED in attributes or ATTRIBUTE not in attributes)


def searched_of(frozen: FrozenTrial) -> float:
    """Return how long the search had run when an unfinished trial was last written.

    0.0 if nobody noted it.
    """
    noted = frozen.user_attrs.get(SEARCHED)
    return noted if isinstance(noted, float) else 0.0


def origin_of(frozen: FrozenTrial) -> Origin | None:
    """Return where a trial of a population begins; raises ValueError if it has another form."""
    attribute = frozen.user_attrs.get(ORIGIN)
    return None if attribute is None else TypeAdapter(Origin).validate_python(attribute)


def curve_of(frozen: FrozenTrial) -> tuple[Measurement, ...]:
    """Return all measurements of a trial, in the order in which they came."""
    parts = [rows for key, rows in frozen.user_attrs.items() if key.startswith(CURVE)]
    return each_once(measurement for rows in parts for measurement in from_rows(rows))


def from_rows(rows: object) -> list[Measurement]:
    """Return the rows of the journal as measurements; raises ValueError if they are not ours."""
    return [
        Measurement(step, metrics, seconds, *source)
        for step, seconds, metrics, *source in _ROWS(rows)
    ]


def to_rows(measurements: Sequence[Measurement]) -> list[tuple[Any, ...]]:
    """Return measurements as the rows of the journal."""
    return [
        (m.step, m.seconds, dict(m.metrics), *([] if m.source == "reported" else [m.source]))
        for m in measurements
    ]


def to_attribute(record: TrialRecord) -> dict[str, Any]:
    """Return the attribute `hpsearch` of a finished trial."""
    return {
        "attempt": record.attempt,
        "best_step": record.best_step,
        "checkpoint_step": record.checkpoint_step,
        "reason": record.reason,
        "traceback": record.traceback,
        "place": asdict(record.place) if record.place else None,
        "search_seconds": record.search_seconds,
        **({"ended_after": record.ended_after} if record.ended_after else {}),
        **({"infeasible": True} if record.infeasible else {}),
    }
