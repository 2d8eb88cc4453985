"""The trials of Optuna's journal as records."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from hpsearch.common.proposal import trial_seed
from hpsearch.common.trial import Measurement, TrialRecord, TrialState, Value
from hpsearch.experiment import Experiment
from hpsearch.strategies.amended import outside_of
from hpsearch.strategies.attributes import (
    curve_of,
    imported_of,
    is_external,
    origin_of,
    outcome_of,
    repetition_of,
    searched_of,
    suggestion_of,
)
from hpsearch.strategies.external_trials import reported_curve, step_of, values_of
from hpsearch.strategies.kind import PausingRule
from hpsearch.strategies.params import enqueued_params, params_of
from hpsearch.strategies.registry import pruner_of

STATES: Mapping[OptunaState, TrialState] = {
    OptunaState.WAITING: TrialState.WAITING,
    OptunaState.RUNNING: TrialState.RUNNING,
    OptunaState.COMPLETE: TrialState.COMPLETE,
    OptunaState.PRUNED: TrialState.PRUNED,
    OptunaState.FAIL: TrialState.FAILED,
}
OPTUNA_STATES = {ours: theirs for theirs, ours in STATES.items()}


def fill_rungs(experiment: Experiment, trials: Sequence[FrozenTrial]) -> PausingRule | None:
    """Return the pruner's rungs, filled by the trials so far; None if it does not pause trials."""
    rule = pruner_of(experiment).pausing(experiment)
    if rule is not None:
        for frozen in (one for one in trials if not outside_of(one)):
            rule.begin(frozen.number, _params(frozen, experiment), origin_of(frozen))
            rule.note(frozen.number, curve_of(frozen))
            if frozen.state.is_finished():
                rule.end(frozen.number, state_of(frozen))
    return rule


def to_records(
    trials: Sequence[FrozenTrial], experiment: Experiment, rule: PausingRule | None
) -> list[TrialRecord]:
    """Return the trials as records; an unfinished one that waits for promotion is PAUSED."""
    return with_pauses([to_record(frozen, experiment) for frozen in trials], rule)


def with_pauses(records: list[TrialRecord], rule: PausingRule | None) -> list[TrialRecord]:
    """Return records, those that wait for promotion as PAUSED."""
    if rule is None:
        return records
    return [
        replace(record, state=TrialState.PAUSED, reason=rule.why(record.number))
        if not record.state.is_finished and rule.is_paused(record.number)
        else record
        for record in records
    ]


def state_of(frozen: FrozenTrial) -> TrialState:
    """Return the state of a trial as we have it."""
    return TrialState.INFEASIBLE if outcome_of(frozen).infeasible else STATES[frozen.state]


def to_record(frozen: FrozenTrial, experiment: Experiment) -> TrialRecord:
    """Return a trial as a record; raises ValueError or TypeError if its attributes are not ours."""
    outcome, repeated = outcome_of(frozen), repetition_of(frozen)
    started, finished = _times(frozen)
    curve, values = _curve(frozen, experiment), values_of(frozen, experiment.goals)
    best_step = outcome.best_step
    if values and best_step is None:
        best_step = step_of(values, curve, experiment.goals)
    own_seed = trial_seed(experiment.seed, frozen.number)
    return TrialRecord(
        number=frozen.number,
        seed=own_seed if repeated.seed is None else repeated.seed,
        params=_params(frozen, experiment),
        state=state_of(frozen),
        started=started,
        attempt=outcome.attempt,
        finished=finished,
        measurements=curve,
        values=values,
        best_step=best_step,
        checkpoint_step=outcome.checkpoint_step,
        reason=experiment.privacy.clean(outcome.reason),
        traceback=experiment.privacy.clean(outcome.traceback),
        place=outcome.place,
        ended_after=outcome.ended_after,
        search_seconds=outcome.search_seconds or searched_of(frozen),
        repeats=repeated.trial,
        suggested=suggestion_of(frozen) is not None,
        imported=imported_of(frozen),
        outside=str(outside_of(frozen).get("why", "")),
        origin=origin_of(frozen),
        privacy=experiment.privacy,
    )


def _times(frozen: FrozenTrial) -> tuple[datetime, datetime | None]:
    """Return when a trial started and finished, in UTC; one that was enqueued has not started."""
    finished = frozen.datetime_complete
    started = to_utc(frozen.datetime_start or finished or datetime.now())
    # if the clock was set back, a trial still does not end before it started
    return started, max(to_utc(finished), started) if finished else None


def _curve(frozen: FrozenTrial, experiment: Experiment) -> tuple[Measurement, ...]:
    """Return what we measured; of a trial that another program ran, what it reported."""
    curve = curve_of(frozen)
    is_copied = is_external(frozen) and not curve
    return reported_curve(frozen, experiment.goals) if is_copied else curve


def _params(frozen: FrozenTrial, experiment: Experiment) -> dict[str, Value]:
    if had := outside_of(frozen):
        return dict(had["params"])
    is_enqueued = frozen.state is OptunaState.WAITING
    searched = (
        enqueued_params(frozen, experiment) if is_enqueued else params_of(frozen, experiment.space)
    )
    return experiment.recorded(searched)


def to_utc(moment: datetime) -> datetime:
    """Return Optuna's naive local time as UTC."""
    return moment.astimezone(UTC)
