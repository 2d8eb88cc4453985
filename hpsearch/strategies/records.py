"""A trial in Optuna's journal, and as a record.

What Optuna has no place for stands in user attributes of the trial: `hpsearch` (reason, attempt,
place, …), written just before its final state, `hpsearch:<step>` with all metrics since the report
before, and `hpsearch-repetition` where it repeats a trial of another study. A journal that was
copied away is thus complete.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from optuna.storages import JournalStorage
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from hpsearch.common.trial import (
    Measurement,
    Place,
    TrialRecord,
    TrialState,
    best_measurement,
    trial_seed,
)
from hpsearch.experiment.schema import Experiment
from hpsearch.store import StudyStore
from hpsearch.strategies.choices import make_halving
from hpsearch.strategies.halving import Halving
from hpsearch.strategies.journal import Journal

ATTRIBUTE = "hpsearch"
CURVE = "hpsearch:"
REPETITION = "hpsearch-repetition"

STATES: Mapping[OptunaState, TrialState] = {
    OptunaState.WAITING: TrialState.WAITING,
    OptunaState.RUNNING: TrialState.RUNNING,
    OptunaState.COMPLETE: TrialState.COMPLETE,
    OptunaState.PRUNED: TrialState.PRUNED,
    OptunaState.FAIL: TrialState.FAILED,
}
OPTUNA_STATES = {ours: theirs for theirs, ours in STATES.items()}


def read_study(store: StudyStore, experiment: Experiment) -> list[TrialRecord]:
    """Return the trials of a study without writing anything; a driver may be at work on it."""
    storage = JournalStorage(Journal(store, writable=False))
    try:
        study_id = storage.get_study_id_from_name(experiment.name)
    except KeyError:
        return []
    trials = storage.get_all_trials(study_id, deepcopy=False)
    return to_records(trials, experiment, fill_rungs(experiment, trials))


def fill_rungs(experiment: Experiment, trials: Sequence[FrozenTrial]) -> Halving | None:
    """Return the rungs as the trials so far have filled them."""
    halving = make_halving(experiment)
    if halving is not None:
        for frozen in trials:
            halving.note(frozen.number, curve_of(frozen))
    return halving


def to_records(
    trials: Sequence[FrozenTrial], experiment: Experiment, halving: Halving | None
) -> list[TrialRecord]:
    """Return the trials as records; one that has not ended and waits for promotion is PAUSED."""
    records = [to_record(frozen, experiment) for frozen in trials]
    if halving is None:
        return records
    return [
        replace(record, state=TrialState.PAUSED, reason=halving.why(record.number))
        if not record.state.is_finished and halving.is_paused(record.number)
        else record
        for record in records
    ]


def to_record(frozen: FrozenTrial, experiment: Experiment) -> TrialRecord:
    kept = frozen.user_attrs.get(ATTRIBUTE, {})
    repetition = frozen.user_attrs.get(REPETITION, {})
    place = kept.get("place")
    started, finished = to_utc(frozen.datetime_start), frozen.datetime_complete
    curve = curve_of(frozen)
    values = tuple(frozen.values) if frozen.values else ()
    best = best_measurement(curve, experiment.goals) if values else None
    return TrialRecord(
        number=frozen.number,
        seed=repetition.get("seed", trial_seed(experiment.seed, frozen.number)),
        params={**experiment.params, **frozen.params},
        state=STATES[frozen.state],
        started=started,
        attempt=kept.get("attempt", 1),
        # a clock that was set back does not make a trial end before it began
        finished=max(to_utc(finished), started) if finished else None,
        measurements=curve,
        values=values,
        best_step=kept.get("best_step", best.step if best else None),
        reason=kept.get("reason", ""),
        traceback=kept.get("traceback", ""),
        place=Place(**place) if place else None,
        search_seconds=kept.get("search_seconds", 0.0),
        repeats=repetition.get("trial"),
    )


def curve_of(frozen: FrozenTrial) -> tuple[Measurement, ...]:
    parts = [rows for key, rows in frozen.user_attrs.items() if key.startswith(CURVE)]
    return tuple(Measurement(step, metrics, seconds) for p in parts for step, seconds, metrics in p)


def to_utc(moment: datetime | None) -> datetime:
    """Return Optuna's naive local time as UTC."""
    assert moment is not None  # noqa: S101 (a trial that was asked for has begun)
    return moment.astimezone(UTC)


def to_attribute(record: TrialRecord) -> dict[str, Any]:
    return {
        "attempt": record.attempt,
        "best_step": record.best_step,
        "reason": record.reason,
        "traceback": record.traceback,
        "place": asdict(record.place) if record.place else None,
        "search_seconds": record.search_seconds,
    }
