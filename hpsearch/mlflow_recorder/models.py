"""The best model in MLflow's registry: a LoggedModel of its trial's run, with the alias `champion`.

Every step looks first whether it was taken before, so that a kill in between leaves no second
version. The model is stored as a traced graph (`pt2`): no pickle, and nobody needs the trainable's
code to load it.
"""

from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import mlflow.pyfunc
import mlflow.pytorch
from mlflow import MlflowClient
from mlflow.entities import LoggedModel, LoggedModelOutput, LoggedModelStatus
from mlflow.exceptions import MlflowException
from mlflow.models import Model as ModelCard
from mlflow.models.model import MLMODEL_FILE_NAME

from hpsearch import faults
from hpsearch.errors import SearchFailed
from hpsearch.mlflow_recorder.card import Model
from hpsearch.mlflow_recorder.runs import Runs
from hpsearch.mlflow_recorder.values import TRIAL_TAG, params_of
from hpsearch.redaction import problem
from hpsearch.trial import TrialRecord

ALIAS = "champion"
MODEL_NAME = "model"
PACKAGES = ("torch", "numpy")


def publish(runs: Runs, record: TrialRecord, model: Model, name: str) -> str:
    """Register the trial's model under `name` as the champion; return its version.

    Raises SearchFailed where torch cannot export the model, and what MLflow raises.
    """
    client, run_id = runs.client, runs.run_id(record.number)
    if run_id is None:
        raise LookupError(f"MLflow has no run of trial {record.number}.")
    found = _find_version(client, name, run_id)
    if found is None:
        logged = _log_model(runs, run_id, record, model)
        found = _create_version(client, name, run_id, logged, record)
    if ALIAS not in client.get_model_version(name, found).aliases:
        client.set_registered_model_alias(name, ALIAS, found)
    return found


def _find_version(client: MlflowClient, name: str, run_id: str) -> str | None:
    found = client.search_model_versions(f"name = '{name}' and run_id = '{run_id}'", max_results=1)
    return str(found[0].version) if found else None


def _create_version(
    client: MlflowClient, name: str, run_id: str, logged: LoggedModel, record: TrialRecord
) -> str:
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    made = client.create_model_version(
        name,
        source=f"models:/{logged.model_id}",
        run_id=run_id,
        tags={TRIAL_TAG: str(record.number)},
        model_id=logged.model_id,
        await_creation_for=60,  # seconds; only some hosted registries take any time
    )
    return str(made.version)


def _log_model(runs: Runs, run_id: str, record: TrialRecord, model: Model) -> LoggedModel:
    """Return the run's LoggedModel; one that a kill left unfinished is finished."""
    logged = _find_model(runs, run_id) or runs.client.create_logged_model(
        runs.experiment_id,
        name=MODEL_NAME,
        source_run_id=run_id,
        params=params_of(record),
        tags={TRIAL_TAG: str(record.number)},
    )
    if logged.status == LoggedModelStatus.READY:
        return logged
    with TemporaryDirectory(prefix="hpsearch-model-") as folder:
        _save(Path(folder, "model"), logged, run_id, model)
        runs.client.log_model_artifacts(logged.model_id, str(Path(folder, "model")))
    step = record.best_step or 0
    runs.client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step)])
    return runs.client.finalize_logged_model(logged.model_id, LoggedModelStatus.READY)


def _find_model(runs: Runs, run_id: str) -> LoggedModel | None:
    found = runs.client.search_logged_models(
        [runs.experiment_id], f"source_run_id = '{run_id}'", max_results=1
    )
    return found[0] if found else None


def _save(folder: Path, logged: LoggedModel, run_id: str, model: Model) -> None:
    """Write the model as MLflow's `log_model` does, which cannot be told a URI or a run."""
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
    # without a device MLflow takes a GPU where there is one, and a traced model cannot be moved
    card.flavors[mlflow.pyfunc.FLAVOR_NAME][mlflow.pyfunc.MODEL_CONFIG] = {"device": "cpu"}
    card.save(str(folder / MLMODEL_FILE_NAME))
