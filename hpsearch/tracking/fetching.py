"""Downloads the files of a model from MLflow; loads nothing of it."""

from pathlib import Path

from mlflow.artifacts import download_artifacts

from hpsearch.common.errors import UserError
from hpsearch.common.redaction import problem, redacted
from hpsearch.tracking import connection, faults
from hpsearch.tracking.settings import own_settings


@own_settings(verbose=False)
def fetch_model(model: str, uri: str, folder: Path) -> Path:
    """Return the folder of `models:/…` or `runs:/…` in the store `uri`, downloaded into `folder`.

    Raises UserError if there is no such model or MLflow cannot be reached; no store is made.
    """
    try:
        if not connection.is_there(uri):
            raise LookupError("there is no such file.")
        return Path(download_artifacts(model, dst_path=str(folder), tracking_uri=uri))
    except Exception as error:
        why = problem(error)
        raise UserError(faults.mlflow_model_missing(model, redacted(uri), why)) from None
