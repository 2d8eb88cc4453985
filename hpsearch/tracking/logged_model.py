"""A model in MLflow: a LoggedModel of its trial's run, with hyperparameters and metrics.

Every step first checks whether it was done before, so a kill in between leaves no second model.
The model is stored as a traced graph (`pt2`): no pickle, and loading it needs no code of the
trainable.
"""

from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import mlflow.pyfunc
import mlflow.pytorch
from mlflow.entities import LoggedModel, LoggedModelOutput, LoggedModelStatus, Metric
from mlflow.models import Model as ModelCard
from mlflow.models.model import MLMODEL_FILE_NAME

from hpsearch.common import faults
from hpsearch.common.errors import SearchFailed
from hpsearch.common.redaction import problem
from hpsearch.tracking.held_runs import HeldRuns
from hpsearch.tracking.study_card import Candidate, Model
from hpsearch.tracking.values import TRIAL_TAG, curve, params_of

MODEL_NAME = "model"
PACKAGES = ("torch", "numpy")


def log_model(held: HeldRuns, run_id: str, candidate: Candidate) -> LoggedModel:
    """Return the run's LoggedModel; complete it if a kill left it unfinished.

    Raises SearchFailed if torch cannot export the model, and what MLflow raises.
    """
    record = candidate.record
    logged = _find_model(held, run_id) or held.client.create_logged_model(
        held.experiment_id,
        name=MODEL_NAME,
        source_run_id=run_id,
        params=params_of(record),
        tags={TRIAL_TAG: str(record.original)},
    )
    if logged.status == LoggedModelStatus.READY:
        return logged
    with TemporaryDirectory(prefix="hpsearch-model-") as folder:
        _save(Path(folder, "model"), logged, run_id, candidate.model)
        held.client.log_model_artifacts(logged.model_id, str(Path(folder, "model")))
    step = record.best_step or 0
    held.client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step)])
    best = [m for m in record.measurements if m.step == step and m.counts]
    found = [replace(m, metrics=candidate.metrics) for m in best[-1:]]
    points = curve(record.started, [*best, *found])  # those of the run's curve, not others
    metrics = [
        Metric(name, value, moment, at, model_id=logged.model_id)
        for (name, at, moment), value in points.items()
    ]
    held.client.log_batch(run_id, metrics=metrics)
    return held.client.finalize_logged_model(logged.model_id, LoggedModelStatus.READY)


def _find_model(held: HeldRuns, run_id: str) -> LoggedModel | None:
    found = held.client.search_logged_models(
        [held.experiment_id], f"source_run_id = '{run_id}'", max_results=1
    )
    return found[0] if found else None


def _save(folder: Path, logged: LoggedModel, run_id: str, model: Model) -> None:
    """Write the model as MLflow's `log_model` does, which takes neither a URI nor a run."""
    card = ModelCard(
        artifact_path=logged.artifact_location,
        model_uuid=logged.model_id,
        run_id=run_id,
        model_id=logged.model_id,
    )
    try:
        mlflow.pytorch.save_model(
            model.module,
            folder,
            mlflow_model=card,
            input_example=model.example.numpy(),
            pip_requirements=[f"{name}=={version(name).partition('+')[0]}" for name in PACKAGES],
        )
    except Exception as error:
        raise SearchFailed(faults.model_untraceable(problem(error))) from None
    # without a device MLflow takes a GPU if there is one, and a traced model cannot be moved
    card.flavors[mlflow.pyfunc.FLAVOR_NAME][mlflow.pyfunc.MODEL_CONFIG] = {"device": "cpu"}
    card.save(str(folder / MLMODEL_FILE_NAME))
