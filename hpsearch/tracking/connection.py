"""Reaching MLflow's store within a time limit; its tables are made by one process at a time."""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, unquote

import mlflow
from mlflow import MlflowClient

from hpsearch.tracking.patience import again_while_busy, within

T = TypeVar("T")

SQLITE = "sqlite:///"
REMOTE_SECONDS = 15  # a server that does not answer by then is taken for unreachable
SQLITE_SECONDS = 90  # a new file gets 80 migrations: 3 s here, far more on a loaded machine


def resolve(uri: str | None) -> str:
    """Return the tracking URI: the given one, else the one that MLflow itself would take."""
    return uri or mlflow.get_tracking_uri()


def from_anywhere(uri: str) -> str:
    """Return a URI that means the same in any folder of this machine."""
    file = _sqlite_file(uri)
    if file is None:
        return uri
    _, question, options = uri.partition("?")
    return f"{SQLITE}{quote(str(file.absolute()))}{question}{options}"


def is_there(uri: str) -> bool:
    """Return False if the store would be a SQLite file that does not exist."""
    file = _sqlite_file(uri)
    return file is None or file.exists()


def reach(uri: str, use: Callable[[MlflowClient], T]) -> T:
    """Return what `use` makes of a client; a new SQLite file gets its tables here.

    If the store is busy, `use` is called again. Raises whatever MLflow raises, and TimeoutError if
    nothing answers in time.
    """
    seconds = SQLITE_SECONDS if uri.startswith(SQLITE) else REMOTE_SECONDS

    def work() -> T:
        with _alone(uri):
            client = MlflowClient(tracking_uri=uri)
            return again_while_busy(seconds, lambda: use(client))

    return within(seconds, work)


@contextmanager
def _alone(uri: str) -> Iterator[None]:
    """Keep other drivers out while a SQLite file gets its tables: MLflow's migrations race.

    The lock is on the file's folder, so that it leaves no file behind. If the file system has no
    locks, there is none.
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
    """Raise sqlite3.Error if the file cannot be a database: MLflow would try for 100 seconds."""
    connection = sqlite3.connect(file)
    try:
        connection.execute("PRAGMA schema_version")
    finally:
        connection.close()


def _sqlite_file(uri: str) -> Path | None:
    path = unquote(uri.removeprefix(SQLITE).partition("?")[0])
    return Path(path) if uri.startswith(SQLITE) and path not in ("", ":memory:") else None
