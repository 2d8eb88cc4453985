"""Reaching MLflow's store: quietly, within a time limit, its tables made by one at a time."""

import fcntl
import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, unquote

import mlflow
import mlflow.telemetry.client
from mlflow import MlflowClient
from mlflow import environment_variables as settings
from mlflow.tracking._tracking_service import utils as tracking

from hpsearch.common.shared_change import SharedChange, Undo, replace_attribute
from hpsearch.tracking.presence import WAS_IMPORTED

T = TypeVar("T")

SQLITE = "sqlite:///"
REMOTE_SECONDS = 15  # a server that does not answer by then is taken for unreachable
SQLITE_SECONDS = 90  # a new file gets 80 migrations: 3 s here, far more on a loaded machine

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
def settled(*, verbose: bool) -> Iterator[None]:
    """Have MLflow's settings as we want them while inside; what the environment says goes before.

    They live in this process alone. Nothing is put into `os.environ`, which Ray's workers and every
    other child would inherit.
    """
    with _OWN_DEFAULTS.applied(), nullcontext() if verbose else _SILENCE.applied():
        yield


def _take_defaults() -> Undo:
    """Give MLflow's settings other defaults."""
    undo = ExitStack()
    for name, value in _DEFAULTS.items():
        undo.callback(replace_attribute(getattr(settings, name), "default", value))
    if (artifacts := Path("mlruns").absolute()).as_posix() != quote(artifacts.as_posix()):
        # MLflow takes the path for a URI and puts it into SQL unquoted (3.17); a true URI is safe
        path = "DEFAULT_LOCAL_FILE_AND_ARTIFACT_PATH"
        undo.callback(replace_attribute(tracking, path, artifacts.as_uri()))
    # the client was made on import; nothing has been sent by then
    forget = replace_attribute(mlflow.telemetry.client, "_MLFLOW_TELEMETRY_CLIENT", None)
    if WAS_IMPORTED:  # else it stays off: nobody but us asked for MLflow
        undo.callback(forget)
    return undo.close


def _silence() -> Undo:
    """Have no log lines; MLflow's own switch for this is undone by its next lazy import."""
    undo = ExitStack()
    for logger in map(logging.getLogger, _LOGGERS):
        undo.callback(logger.setLevel, logger.level)
        logger.setLevel(logging.CRITICAL)
    return undo.close


_OWN_DEFAULTS, _SILENCE = SharedChange(_take_defaults), SharedChange(_silence)


def resolve(uri: str | None) -> str:
    """Return the tracking URI: the given one, else the one that MLflow itself would take."""
    return uri or mlflow.get_tracking_uri()


def is_there(uri: str) -> bool:
    """Return whether there may be a store: False where it would be a file, and there is none."""
    file = _sqlite_file(uri)
    return file is None or file.exists()


def reach(uri: str, use: Callable[[MlflowClient], T]) -> T:
    """Return what `use` makes of a client; a new SQLite file gets its tables here.

    Raises whatever MLflow raises, and TimeoutError where nothing answers in time.
    """

    def work() -> T:
        with _alone(uri):
            return use(MlflowClient(tracking_uri=uri))

    return within(SQLITE_SECONDS if uri.startswith(SQLITE) else REMOTE_SECONDS, work)


def within(seconds: float, work: Callable[[], T]) -> T:
    """Return what `work` returns; raise TimeoutError where it takes longer.

    It runs in a thread of its own, left behind then: MLflow has no limit that covers its retries.
    """
    outcome: list[T] = []
    raised: list[Exception] = []

    def run() -> None:
        try:
            outcome.append(work())
        except Exception as error:
            raised.append(error)

    thread = threading.Thread(target=run, name="mlflow-open", daemon=True)
    thread.start()
    thread.join(seconds)
    if raised:
        raise raised[0]
    if not outcome:
        raise TimeoutError(f"it did not answer within {seconds:g} seconds.")
    return outcome[0]


@contextmanager
def _alone(uri: str) -> Iterator[None]:
    """Keep other drivers out while a SQLite file gets its tables: MLflow's migrations race.

    The lock is on the file's folder, so that nothing is left behind. Where the file system has no
    locks it is left out.
    """
    file = _sqlite_file(uri)
    if file is None:
        yield
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(folder, fcntl.LOCK_EX)
        _check(file)
        yield
    finally:
        os.close(folder)


def _check(file: Path) -> None:
    """Raise sqlite3.Error where the file cannot be one: MLflow would try for 100 seconds."""
    connection = sqlite3.connect(file)
    try:
        connection.execute("PRAGMA schema_version")
    finally:
        connection.close()


def _sqlite_file(uri: str) -> Path | None:
    path = unquote(uri.removeprefix(SQLITE).partition("?")[0])
    return Path(path) if uri.startswith(SQLITE) and path not in ("", ":memory:") else None
