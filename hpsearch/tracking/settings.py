"""MLflow's settings and its log lines as hpsearch wants them, for as long as it uses MLflow."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from urllib.parse import quote

import mlflow.telemetry.client
from mlflow import environment_variables as variables
from mlflow.tracking._tracking_service import utils as tracking

from hpsearch.common.shared_change import SharedChange, Undo, replace_attribute
from hpsearch.tracking.presence import WAS_IMPORTED

_DEFAULTS: dict[str, object] = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": 1,  # 7: four minutes; the recorder tries again by itself
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": 1,
    "MLFLOW_HTTP_REQUEST_TIMEOUT": 30,  # seconds; 120
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": False,
    "MLFLOW_DISABLE_TELEMETRY": True,
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": True,
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": False,
    "MLFLOW_RECORD_ENV_VARS_IN_MODEL_LOGGING": False,
}

_LOGGERS = ("mlflow", "alembic", "sqlalchemy.engine", "urllib3.connectionpool")


@contextmanager
def own_settings(*, verbose: bool) -> Iterator[None]:
    """Give MLflow other defaults within this block; what the environment says still counts.

    They are set in this process alone. Nothing is put into `os.environ`, which Ray's workers and
    every other child process would inherit.
    """
    with _OWN_DEFAULTS.applied(), nullcontext() if verbose else _SILENCE.applied():
        yield


def _take_defaults() -> Undo:
    """Give MLflow's settings other defaults."""
    undo = ExitStack()
    for name, value in _DEFAULTS.items():
        undo.callback(replace_attribute(getattr(variables, name), "default", value))
    if (artifacts := Path("mlruns").absolute()).as_posix() != quote(artifacts.as_posix()):
        # MLflow takes the path for a URI and puts it into SQL unquoted (3.17); a true URI is safe
        path = "DEFAULT_LOCAL_FILE_AND_ARTIFACT_PATH"
        undo.callback(replace_attribute(tracking, path, artifacts.as_uri()))
    # the client was made on import; nothing has been sent by then
    forget = replace_attribute(mlflow.telemetry.client, "_MLFLOW_TELEMETRY_CLIENT", None)
    if WAS_IMPORTED:  # else it stays off: only hpsearch uses MLflow here
        undo.callback(forget)
    return undo.close


def _silence() -> Undo:
    """Turn log lines off; MLflow's own switch for this is undone by its next lazy import."""
    undo = ExitStack()
    for logger in map(logging.getLogger, _LOGGERS):
        undo.callback(logger.setLevel, logger.level)
        logger.setLevel(logging.CRITICAL)
    return undo.close


_OWN_DEFAULTS, _SILENCE = SharedChange(_take_defaults), SharedChange(_silence)
