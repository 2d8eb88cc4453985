"""What `--json` prints: plain data with keys that stay. Times are ISO 8601 in UTC."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from hpsearch.analysis import last_activity, prospect_of, reasons, states
from hpsearch.common.goal import Goal
from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.store import StudyStore, waiting_suggestions
from hpsearch.usecases.result import Result
from hpsearch.usecases.view import Standing, StudyView, UnreadableStudy


def trial_data(record: TrialRecord, goals: Sequence[Goal]) -> dict[str, Any]:
    """Return a trial without its curve."""
    place = record.place
    return {
        "number": record.number,
        "state": str(record.state),
        "values": _values(record, goals),
        "best_step": record.best_step,
        "params": record.shown_params,
        "suggested": record.suggested,
        "imported": record.imported or None,
        "outside": record.outside or None,
        "parent": record.parent,
        "from_step": None if record.parent is None else record.from_step,
        "reason": record.reason,
        "started": None if record.state is TrialState.WAITING else moment(record.started),
        "finished": moment(record.finished),
        "seconds": record.seconds,
        "attempt": record.attempt,
        "seed": record.seed,
        "device": place.device if place else None,
        "host": place.host if place else None,
        "code": place.code or None if place else None,
    }


def trial_detail(record: TrialRecord, goals: Sequence[Goal]) -> dict[str, Any]:
    """Return all that is known of a trial."""
    curve = [
        {"step": m.step, "seconds": m.seconds, "metrics": dict(m.metrics), "source": m.source}
        for m in record.measurements
    ]
    return {**trial_data(record, goals), "measurements": curve, "traceback": record.traceback}


def summary_data(store: StudyStore, standing: Standing, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return a study without its trials."""
    return {"name": store.name, "folder": store.address, "standing": standing, **facts}


def study_facts(view: StudyView) -> dict[str, Any]:
    """Return what follows from a study's journal and experiment, without its trials."""
    goals = view.experiment.goals
    return {
        "objective": [goal.as_data() for goal in goals],
        "constraints": [one.label for one in goals[0].constraints],
        "counts": states(view.records),
        "budget_trials": view.experiment.budget.trials,
        "best": trial_data(view.best, goals) if view.best else None,
        "pareto_front": [record.number for record in view.front],
        "last_activity": moment(last_activity(view.records)),
    }


def unreadable_data(study: UnreadableStudy) -> dict[str, Any]:
    """Return a study that cannot be read, and why."""
    fault = {"code": study.fault.code, "what": study.fault.what, "why": study.fault.why}
    return {
        "name": study.store.name,
        "folder": study.store.address,
        "standing": "unreadable",
        "problem": {**fault, "fix": study.fault.fix},
    }


def study_detail(view: StudyView) -> dict[str, Any]:
    """Return a study with its trials."""
    from hpsearch.strategies import strategies_of

    goals = view.experiment.goals
    return {
        **summary_data(view.store, view.standing, study_facts(view)),
        "experiment_file": view.identity.source or None,
        "reasons": [
            {"state": str(state), "reason": reason, "trials": numbers}
            for (state, reason), numbers in reasons(view.records).items()
        ],
        "what_fails": [vars(part) for part in view.failing_parts],
        "outlook": _outlook(view),
        "strategies": strategies_of(view.as_read.attributes),
        "trials": [trial_data(record, goals) for record in view.records],
        "suggestions_waiting": [
            {"id": one.id, "params": dict(one.params)} for one in waiting_suggestions(view.store)
        ],
    }


def result_data(result: Result) -> dict[str, Any]:
    """Return the result of a search."""
    goals = result.experiment.goals
    return {
        "name": result.store.name,
        "folder": result.store.address,
        "ended": result.ended,
        "interrupted": result.interrupted,
        "seconds": round(result.seconds, 3),
        "objective": [goal.as_data() for goal in goals],
        "counts": states(result.records),
        "best": trial_data(result.best, goals) if result.best else None,
        "registered_model": result.model,
        "tracking_uri": result.tracking,
        "not_in_mlflow": list(result.unrecorded),
    }


def moment(time: datetime | None) -> str | None:
    """Return a time as ISO 8601 in UTC, to the second."""
    return None if time is None else time.astimezone(UTC).isoformat(timespec="seconds")


def _outlook(view: StudyView) -> dict[str, Any] | None:
    """Return what more searching promises; None if nobody can tell yet."""
    found = prospect_of(view.records, view.experiment.goals)
    return None if found is None else {**vars(found), "said": found.words}


def _values(record: TrialRecord, goals: Sequence[Goal]) -> dict[str, float]:
    return {goal.metric: value for goal, value in zip(goals, record.values, strict=False)}
