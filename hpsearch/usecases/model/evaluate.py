"""A trial's model on data that the search has not seen: measured, stored, sent to MLflow."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hpsearch.analysis import Outcome, outcome_data, read_outcome
from hpsearch.common.errors import HpsearchError, UserError, cleaned
from hpsearch.common.shared_change import PROCESS
from hpsearch.common.trial import TrialRecord
from hpsearch.store import documents
from hpsearch.trainable import IMPORTS, user_traceback
from hpsearch.usecases.model import faults
from hpsearch.usecases.model.source import source_of, trainable_of, trained_weights
from hpsearch.usecases.view import StudyHandle, StudyView, tracking_experiment, trial_of

PREFIX = "test_"
"""Before the name of a held-out metric in MLflow: `accuracy` may be that of the training."""


@dataclass(frozen=True)
class Evaluation:
    """The evaluation of a trial's model; `data` is stored, and printed as JSON.

    `address` is where it is stored. `unrecorded` says why MLflow did not get it; empty if it did.
    """

    record: TrialRecord
    outcome: Outcome
    data: dict[str, Any]
    address: str
    unrecorded: str = ""

    @property
    def metrics(self) -> Mapping[str, float]:
        """The held-out metrics by name."""
        return self.outcome.metrics


@IMPORTS.applied()
@PROCESS.applied()
def evaluate(view: StudyView, *, number: int | None) -> Evaluation:
    """Return what the trainable's own `evaluate` says of a trial's model on the held-out data.

    It is stored in the study and added to the trial's run in MLflow. Raises UserError if the
    trial has no model, or the trainable no `evaluate` that gives numbers.
    """
    record = trial_of(view, number)
    with cleaned(view.experiment.privacy.clean):
        outcome = _judge(view, record)
        data = _stored(view, record, outcome)
        address = view.store.locate(documents.evaluation(record.number))
        return Evaluation(record, outcome, data, address, _record(view, record, outcome, data))


def evaluate_once(study: StudyHandle, record: TrialRecord) -> dict[str, Any]:
    """Return the stored evaluation of a trial's model, made now only if there is none.

    Raises UserError as `evaluate` does.
    """
    stored = study.store.read(documents.evaluation(record.number))
    if stored is None:
        return _stored(study, record, _judge(study, record))
    data: dict[str, Any] = json.loads(stored)
    return data


def _stored(study: StudyHandle, record: TrialRecord, outcome: Outcome) -> dict[str, Any]:
    """Return the evaluation as data, on disk by then."""
    data = {
        "study": study.experiment.name,
        "trial": record.original,
        "step": record.kept_step,
        "evaluated": datetime.now(UTC).isoformat(timespec="seconds"),
        **outcome_data(outcome),
    }
    document = documents.evaluation(record.number)
    study.store.write(document, json.dumps(data, indent=2, allow_nan=False).encode())
    return data


def _judge(study: StudyHandle, record: TrialRecord) -> Outcome:
    with trained_weights(study, record) as weights:
        source = source_of(study, record)
        trainable = trainable_of(study)
        judge = trainable.hook("evaluate")
        if judge is None:
            raise UserError(faults.not_evaluable(trainable.reference))
        from hpsearch.models import load_model

        model = load_model(source, weights)
    try:
        return read_outcome(judge(model, source.params, "cpu"))
    except ValueError as error:
        raise UserError(faults.evaluation_failed(trainable.reference, str(error))) from error
    except Exception as error:
        fault = faults.evaluation_failed(trainable.reference, user_traceback(error))
        raise UserError(fault) from error


def _record(study: StudyHandle, record: TrialRecord, outcome: Outcome, data: dict[str, Any]) -> str:
    """Add the evaluation to the trial's run; return why that cannot be, or nothing."""
    from hpsearch.tracking import log_evaluation

    finite = {name: value for name, value in outcome.metrics.items() if math.isfinite(value)}
    try:
        log_evaluation(
            study.experiment.tracking.uri,
            tracking_experiment(study.experiment),
            study.identity.id,
            record,
            metrics={f"{PREFIX}{name}": value for name, value in finite.items()},
            files=_files(outcome, record, data),
        )
    except HpsearchError as error:
        return "; ".join(fault.account for fault in error.faults)
    return ""


def _files(outcome: Outcome, record: TrialRecord, data: dict[str, Any]) -> dict[str, bytes]:
    files = {"evaluation.json": json.dumps(data, indent=2).encode()}
    if outcome.confusion is not None:
        from hpsearch.reports import confusion_png

        title = f"trial {record.number}, {outcome.examples} held-out examples"
        files["confusion_matrix.png"] = confusion_png(outcome.confusion, title)
    return files
