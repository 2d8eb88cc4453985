"""What is added to a trial's run after the search: an evaluation's metrics and files."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from mlflow import MlflowClient
from mlflow.entities import Metric

from hpsearch.common.errors import HpsearchError, UserError
from hpsearch.common.redaction import problem, redacted
from hpsearch.common.trial import TrialRecord
from hpsearch.tracking import connection, faults
from hpsearch.tracking.parent import PARENT_TAG, STUDY_ID_TAG, search
from hpsearch.tracking.settings import own_settings
from hpsearch.tracking.values import TRIAL_TAG, milliseconds, safe_name

FOLDER = "evaluation"


@own_settings(verbose=False)
def log_evaluation(
    uri: str | None,
    experiment: str,
    study_id: str,
    record: TrialRecord,
    *,
    metrics: Mapping[str, float],
    files: Mapping[str, bytes],
) -> None:
    """Add metrics, at the trial's best step, and files to a trial's run. Repeating changes nothing.

    Raises UserError if MLflow cannot be reached or has no such run; no store is made.
    """
    address = connection.from_anywhere(connection.resolve(uri))

    def log(client: MlflowClient) -> None:
        run_id = _find_run(client, experiment, study_id, record.number)
        _log(client, run_id, record, metrics=metrics, files=files)

    try:
        if not connection.is_there(address):
            raise LookupError(
                "there is no such file; call it where `run` was called, or set MLFLOW_TRACKING_URI."
            )
        connection.reach(address, log)
    except HpsearchError:
        raise
    except Exception as error:
        raise UserError(faults.tracking_unreachable(redacted(address), problem(error))) from None


def _log(
    client: MlflowClient,
    run_id: str,
    record: TrialRecord,
    *,
    metrics: Mapping[str, float],
    files: Mapping[str, bytes],
) -> None:
    time, step = milliseconds(record.finished or record.started), record.best_step or 0
    points = [Metric(safe_name(name), value, time, step) for name, value in metrics.items()]
    client.log_batch(run_id, metrics=points)
    with TemporaryDirectory(prefix="hpsearch-evaluation-") as folder:
        for name, data in files.items():
            Path(folder, name).write_bytes(data)
        client.log_artifacts(run_id, folder, FOLDER)


def _find_run(client: MlflowClient, experiment: str, study_id: str, number: int) -> str:
    found = client.get_experiment_by_name(experiment)
    if found is not None:
        place = found.experiment_id
        for parent in search(client, place, {STUDY_ID_TAG: study_id}):
            wanted = {PARENT_TAG: parent.info.run_id, TRIAL_TAG: str(number)}
            for run in search(client, place, wanted):
                return str(run.info.run_id)
    raise LookupError(f"it has no run of trial {number}.")
