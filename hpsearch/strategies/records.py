"""A trial in Optuna's journal, and as a record.

What Optuna has no place for stands in user attributes of the trial: `hpsearch` (reason, attempt,
place, …), written just before its final state, `hpsearch:<step>` with all metrics since the one
before, in rows of step, seconds, metrics and, unless that is `reported`, how they came,
`hpsearch-repetition` where it repeats a trial of another study, and `hpsearch-suggestion` where a
person suggested it. A journal that was copied away is thus complete.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from optuna.storages import JournalStorage
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState
from pydantic import BaseModel, TypeAdapter

from hpsearch.common.errors import UserError
from hpsearch.common.proposal import trial_seed
from hpsearch.common.trial import Measurement, Place, Source, TrialRecord, TrialState
from hpsearch.engine.curve import each_once
from hpsearch.experiment import Experiment
from hpsearch.store import StudyStore
from hpsearch.strategies import faults
from hpsearch.strategies.distributions import params_of
from hpsearch.strategies.foreign import (
    enqueued_params,
    reported,
    step_of,
    values_of,
    why_strange,
)
from hpsearch.strategies.journal import Journal, replayed
from hpsearch.strategies.kind import PausingRule
from hpsearch.strategies.registry import pruner_of
from hpsearch.strategies.repair import is_whole

ATTRIBUTE = "hpsearch"
CURVE = "hpsearch:"
REPETITION = "hpsearch-repetition"
SUGGESTION = "hpsearch-suggestion"

STATES: Mapping[OptunaState, TrialState] = {
    OptunaState.WAITING: TrialState.WAITING,
    OptunaState.RUNNING: TrialState.RUNNING,
    OptunaState.COMPLETE: TrialState.COMPLETE,
    OptunaState.PRUNED: TrialState.PRUNED,
    OptunaState.FAIL: TrialState.FAILED,
}
MOST_NAMED = 5
"""So many trials of another experiment are named."""


class _Kept(BaseModel):
    """What stands under `hpsearch`; keys of a later version are left alone."""

    attempt: int = 1
    best_step: int | None = None
    checkpoint_step: int | None = None
    reason: str = ""
    traceback: str = ""
    place: Place | None = None
    search_seconds: float = 0.0


class _Repetition(BaseModel):
    trial: int | None = None
    seed: int | None = None


_ROWS = TypeAdapter(
    list[tuple[int, float, dict[str, float]] | tuple[int, float, dict[str, float], Source]]
).validate_python

OPTUNA_STATES = {ours: theirs for theirs, ours in STATES.items()}


def read_study(store: StudyStore, experiment: Experiment) -> list[TrialRecord]:
    """Return the trials of a study without writing anything; a driver may be at work on it."""
    trials = read_trials(store, experiment)
    return to_records(trials, experiment, fill_rungs(experiment, trials))


def read_trials(store: StudyStore, experiment: Experiment) -> list[FrozenTrial]:
    """Return Optuna's trials of the experiment; raise UserError where they are of another one."""
    with replayed(store):
        storage = JournalStorage(Journal(store, writable=False))
        try:
            study_id = storage.get_study_id_from_name(experiment.name)
        except KeyError:
            return []
        trials = storage.get_all_trials(study_id, deepcopy=False)
    problems = list(_strangers(trials, experiment))
    if problems:
        raise UserError(faults.foreign_trials(store.address, problems[:MOST_NAMED]))
    return trials


def _strangers(trials: Sequence[FrozenTrial], experiment: Experiment) -> Iterator[str]:
    for frozen in trials:
        try:
            why = why_strange(frozen, experiment)
            if why is None:
                to_record(frozen, experiment)
        except (ValueError, TypeError, OverflowError, OSError) as error:
            why = f"its attributes are not ours: {' '.join(str(error).split())}"
        if why is not None:
            yield f"trial {frozen.number}: {why}"


def refuse_incomplete(
    store: StudyStore, trials: Sequence[FrozenTrial], experiment: Experiment
) -> None:
    """Raise UserError where others ran trials without all hyperparameters: none to go on from."""
    problems = [
        f"trial {frozen.number}: it has only {sorted(frozen.params)} of the space"
        for frozen in trials
        if frozen.state in (OptunaState.COMPLETE, OptunaState.PRUNED)
        and ATTRIBUTE not in frozen.user_attrs
        and not is_whole(experiment, frozen.params)
    ]
    if problems:
        raise UserError(faults.foreign_trials(store.address, problems[:MOST_NAMED]))


def fill_rungs(experiment: Experiment, trials: Sequence[FrozenTrial]) -> PausingRule | None:
    """Return the rungs as the trials so far have filled them; None if trials are only stopped."""
    rule = pruner_of(experiment).pausing(experiment)
    if rule is not None:
        for frozen in trials:
            rule.note(frozen.number, curve_of(frozen))
    return rule


def to_records(
    trials: Sequence[FrozenTrial], experiment: Experiment, rule: PausingRule | None
) -> list[TrialRecord]:
    """Return the trials as records; one that has not ended and waits for promotion is PAUSED."""
    records = [to_record(frozen, experiment) for frozen in trials]
    if rule is None:
        return records
    return [
        replace(record, state=TrialState.PAUSED, reason=rule.why(record.number))
        if not record.state.is_finished and rule.is_paused(record.number)
        else record
        for record in records
    ]


def to_record(frozen: FrozenTrial, experiment: Experiment) -> TrialRecord:
    kept = _Kept.model_validate(frozen.user_attrs.get(ATTRIBUTE, {}))
    repetition = _Repetition.model_validate(frozen.user_attrs.get(REPETITION, {}))
    finished = frozen.datetime_complete
    # one that was enqueued has not begun
    started = to_utc(frozen.datetime_start or finished or datetime.now())
    curve = curve_of(frozen)
    if not curve and frozen.state.is_finished() and ATTRIBUTE not in frozen.user_attrs:
        curve = reported(frozen, experiment.goals)
    values = values_of(frozen, experiment.goals)
    best_step = kept.best_step
    if values and best_step is None:
        best_step = step_of(values, curve, experiment.goals)
    own_seed = trial_seed(experiment.seed, frozen.number)
    given = params_of(frozen, experiment.space)
    if frozen.state is OptunaState.WAITING:
        given = enqueued_params(frozen, experiment)
    return TrialRecord(
        number=frozen.number,
        seed=own_seed if repetition.seed is None else repetition.seed,
        params={**experiment.params, **given},
        state=STATES[frozen.state],
        started=started,
        attempt=kept.attempt,
        # a clock that was set back does not make a trial end before it began
        finished=max(to_utc(finished), started) if finished else None,
        measurements=curve,
        values=values,
        best_step=best_step,
        checkpoint_step=kept.checkpoint_step,
        reason=experiment.privacy.clean(kept.reason),
        traceback=experiment.privacy.clean(kept.traceback),
        place=kept.place,
        search_seconds=kept.search_seconds,
        repeats=repetition.trial,
        suggested=suggestion_of(frozen) is not None,
        privacy=experiment.privacy,
    )


def suggestion_of(frozen: FrozenTrial) -> str | None:
    """Return the id of the suggestion that a trial tries, None if it tries none."""
    attribute = frozen.user_attrs.get(SUGGESTION)
    return str(attribute["id"]) if isinstance(attribute, dict) and "id" in attribute else None


def curve_of(frozen: FrozenTrial) -> tuple[Measurement, ...]:
    """Return all that was measured of a trial, in the order in which it came."""
    parts = [_ROWS(rows) for key, rows in frozen.user_attrs.items() if key.startswith(CURVE)]
    return each_once(
        Measurement(step, metrics, seconds, *source)
        for rows in parts
        for step, seconds, metrics, *source in rows
    )


def to_rows(measurements: Sequence[Measurement]) -> list[tuple[Any, ...]]:
    """Return measurements as the rows of the journal."""
    return [
        (m.step, m.seconds, dict(m.metrics), *([] if m.source == "reported" else [m.source]))
        for m in measurements
    ]


def to_utc(moment: datetime) -> datetime:
    """Return Optuna's naive local time as UTC."""
    return moment.astimezone(UTC)


def to_attribute(record: TrialRecord) -> dict[str, Any]:
    return {
        "attempt": record.attempt,
        "best_step": record.best_step,
        "checkpoint_step": record.checkpoint_step,
        "reason": record.reason,
        "traceback": record.traceback,
        "place": asdict(record.place) if record.place else None,
        "search_seconds": record.search_seconds,
    }
