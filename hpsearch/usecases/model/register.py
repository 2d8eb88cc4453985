"""A trial's model in MLflow's registry; that it fails is told, and takes no result away."""

from collections.abc import Mapping
from types import MappingProxyType

from hpsearch.common.errors import HpsearchError
from hpsearch.common.goal import Goal
from hpsearch.common.trial import TrialRecord
from hpsearch.engine import Display
from hpsearch.tracking import Candidate, MlflowRecorder
from hpsearch.usecases.model.source import served_model
from hpsearch.usecases.view import StudyHandle


def publish(
    study: StudyHandle,
    record: TrialRecord,
    recorder: MlflowRecorder,
    display: Display,
    *,
    goal: Goal,
    value: float,
    metrics: Mapping[str, float] = MappingProxyType({}),
    is_confirmed: bool = False,
) -> str | None:
    """Register a trial's model if it is good enough; return its name, version and aliases.

    None if it is not, or if the trainable builds no model. See
    `tracking.Candidate` for the rest.
    """
    try:
        served = served_model(study, record)
        if served is None:
            return None
        name = study.experiment.tracking.registered_model or study.experiment.name
        display.phase(f"registering the model of trial {record.original} as {name}")
        version = recorder.publish(
            Candidate(name, record, served, goal, value, metrics, is_confirmed)
        )
    except HpsearchError as error:
        why = "; ".join(fault.why for fault in error.faults)
        again = "confirm" if is_confirmed else "run"
        display.notice(f"the best model is not registered; run `{again}` again to retry: {why}")
        return None
    if version is None:
        display.notice(f"the model is not registered: the champion of {name} is as good or better")
        return None
    aliases = ", ".join(version.aliases) or "no alias"
    return f"{name} version {version.number} ({aliases})"
