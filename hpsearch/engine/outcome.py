"""What an ended attempt makes of its trial: complete, infeasible, pruned or failed, and why."""

from hpsearch.common.constraint import why_infeasible
from hpsearch.common.goal import values_at
from hpsearch.common.trial import Measurement, TrialRecord, TrialState
from hpsearch.engine.attempt import Attempt
from hpsearch.engine.messages import Ended
from hpsearch.engine.reasons import (
    why_no_result,
    why_without_constraint,
    why_without_value,
)


def finished_record(
    attempt: Attempt, event: Ended, *, search_seconds: float, saved_step: int | None = None
) -> TrialRecord:
    """Return the finished record: what the engine decided, else how the attempt ended.

    `saved_step` is the step of its last checkpoint.
    """
    state, reason = _verdict(attempt, event)
    decisive = attempt.decisive if state is not TrialState.FAILED else None
    is_measured = state in (TrialState.COMPLETE, TrialState.PRUNED)
    is_returned = decisive is not None and decisive.source == "returned"
    return attempt.record.changed(
        state,
        measurements=tuple(attempt.curve.measurements),
        values=values_at(decisive, attempt.goals),
        best_step=decisive.step if decisive else None,
        checkpoint_step=saved_step if is_returned else None,
        reason=reason,
        traceback=event.traceback if state is TrialState.FAILED else "",
        ended_after=0.0 if is_measured else round(attempt.seconds, 3),
        search_seconds=round(search_seconds, 3),
    )


def _verdict(attempt: Attempt, event: Ended) -> tuple[TrialState, str]:
    if attempt.stop is not None:
        is_failed = attempt.stop.becomes is TrialState.FAILED
        return TrialState.FAILED if is_failed else TrialState.PRUNED, attempt.stop.reason
    if event.how == "infeasible":
        return TrialState.INFEASIBLE, event.reason
    if event.how in ("raised", "crashed", "lost"):
        return TrialState.FAILED, event.reason
    if attempt.decisive is None:
        why = why_without_value(attempt.curve.measurements, attempt.goals)
        unusable = event.reason or why_no_result(event.measurements, attempt.goals)
        return TrialState.FAILED, why + unusable
    return _result(attempt, attempt.decisive)


def _result(attempt: Attempt, decisive: Measurement) -> tuple[TrialState, str]:
    """Return what a trial that ran to its end becomes: constraints decide."""
    measured, goals = attempt.curve.measurements, attempt.goals
    if missing := why_without_constraint(measured, decisive, goals):
        return TrialState.FAILED, missing
    if violated := why_infeasible(goals[0].constraints, measured, decisive):
        return TrialState.INFEASIBLE, violated
    return TrialState.COMPLETE, _remark(attempt)


def _remark(attempt: Attempt) -> str:
    """Return what a person should know of a trial although it is complete."""
    if not attempt.restarts_steps or attempt.curve.last_step > attempt.began_at:
        return ""
    return (
        f"resumed from step {attempt.resumed_from}, it counted its steps from the start again: "
        "nothing of its last attempt is recorded"
    )
