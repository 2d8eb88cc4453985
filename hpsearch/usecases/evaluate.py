"""A trial's model on the data that the search never saw: measured, stored, told to MLflow."""

import json
import math
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hpsearch.analysis.evaluation import Outcome, outcome_data, read_outcome
from hpsearch.common import faults
from hpsearch.common.errors import HpsearchError, UserError
from hpsearch.common.files import write_file
from hpsearch.common.trial import TrialRecord
from hpsearch.usecases.model_source import checkpoint_files, source_of, trainable_of
from hpsearch.usecases.view import StudyView, look, tracking_experiment, trial_of

PREFIX = "test_"
"""Of a held-out metric's name in MLflow, where `accuracy` may be that of the training."""


@dataclass(frozen=True)
class Evaluation:
    """What a trial's model is worth; `data` is what is stored and printed as JSON.

    `unrecorded` says why MLflow did not get it, empty where it did.
    """

    record: TrialRecord
    outcome: Outcome
    data: dict[str, Any]
    path: Path
    unrecorded: str = ""


def evaluate(studies: Path, name: str, *, number: int | None) -> Evaluation:
    """Return what the trainable's own `evaluate` says of a trial's model on the held-out data.

    It is stored in the study and added to the trial's run in MLflow. Raises UserError where the
    trial has no model, or the trainable no `evaluate` that gives numbers.
    """
    view = look(studies, name)
    record = trial_of(view, number)
    outcome = _judge(view, record)
    data = _stored(view, record, outcome)
    path = view.paths.evaluation(record.number)
    return Evaluation(record, outcome, data, path, _record(view, record, outcome, data))


def evaluate_once(view: StudyView, record: TrialRecord) -> dict[str, Any]:
    """Return the stored evaluation of a trial's model, made now only where there is none.

    Raises UserError as `evaluate` does.
    """
    path = view.paths.evaluation(record.number)
    if not path.exists():
        return _stored(view, record, _judge(view, record))
    stored: dict[str, Any] = json.loads(path.read_bytes())
    return stored


def _stored(view: StudyView, record: TrialRecord, outcome: Outcome) -> dict[str, Any]:
    """Return the evaluation as data, on disk by then."""
    data = {
        "study": view.experiment.name,
        "trial": record.original,
        "step": record.best_step,
        "evaluated": datetime.now(UTC).isoformat(timespec="seconds"),
        **outcome_data(outcome),
    }
    path = view.paths.evaluation(record.number)
    try:
        write_file(path, json.dumps(data, indent=2, allow_nan=False).encode())
    except OSError as error:
        raise UserError(faults.folder_unwritable(path.parent, str(error))) from None
    return data


def _judge(view: StudyView, record: TrialRecord) -> Outcome:
    files = checkpoint_files(view, record)
    source = source_of(view, record)
    trainable = trainable_of(view)
    judge = trainable.sibling("evaluate")
    if judge is None:
        raise UserError(faults.not_evaluable(trainable.reference))
    from hpsearch.models import load_model

    model = load_model(source, files)
    try:
        return read_outcome(judge(model, source.params, "cpu"))
    except ValueError as error:
        raise UserError(faults.evaluation_failed(trainable.reference, str(error))) from error
    except Exception as error:
        said = traceback.format_exc(limit=-3)
        raise UserError(faults.evaluation_failed(trainable.reference, said)) from error


def _record(view: StudyView, record: TrialRecord, outcome: Outcome, data: dict[str, Any]) -> str:
    """Add the evaluation to the trial's run; return why that cannot be, or nothing."""
    from hpsearch.tracking.evaluations import log_evaluation

    finite = {name: value for name, value in outcome.metrics.items() if math.isfinite(value)}
    try:
        log_evaluation(
            view.experiment.tracking.uri,
            tracking_experiment(view.experiment),
            view.identity.id,
            record,
            metrics={f"{PREFIX}{name}": value for name, value in finite.items()},
            files=_files(outcome, record, data),
        )
    except HpsearchError as error:
        return "; ".join(fault.why for fault in error.faults)
    return ""


def _files(outcome: Outcome, record: TrialRecord, data: dict[str, Any]) -> dict[str, bytes]:
    files = {"evaluation.json": json.dumps(data, indent=2).encode()}
    if outcome.confusion is not None:
        from hpsearch.report.confusion import confusion_png

        title = f"trial {record.number}, {outcome.examples} held-out examples"
        files["confusion_matrix.png"] = confusion_png(outcome.confusion, title)
    return files
