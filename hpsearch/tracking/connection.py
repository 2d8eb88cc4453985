"""Reaching MLflow's store within a time limit; its tables are made by one process at a time."""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import mlflow
from mlflow import MlflowClient

from hpsearch.common.sqlite import SQLITE, sqlite_file
from hpsearch.tracking.patience import again_while_busy, within

T = TypeVar("T")

REMOTE_SECONDS = 15  # a server that does not answer by then is taken for unreachable
HALF_MADE, WHOLE = 0x68707331, 0
"""Marks of a SQLite file, its `user_version`: while MLflow makes its tables, and afterwards."""
SQLITE_SECONDS = 90  # a new file gets 80 migrations: 3 s here, far more on a loaded machine


def resolve(uri: str | None) -> str:
    """Return the tracking URI: the given one, else the one that MLflow itself would take."""
    return uri or mlflow.get_tracking_uri()


def from_anywhere(uri: str) -> str:
    """Return a URI that means the same in any folder of this machine."""
    file = sqlite_file(uri)
    if file is None:
        return uri
    _, question, options = uri.partition("?")
    return f"{SQLITE}{quote(str(file.absolute()))}{question}{options}"


def is_there(uri: str) -> bool:
    """Return False if the store would be a SQLite file that does not exist."""
    file = sqlite_file(uri)
    return file is None or file.exists()


def reach(uri: str, use: Callable[[MlflowClient], T]) -> T:
    """Return what `use` makes of a client; a new SQLite file gets its tables here.

    If the store is busy, `use` is called again. Raises whatever MLflow raises, and TimeoutError if
    nothing answers in time.
    """
    seconds = SQLITE_SECONDS if uri.startswith(SQLITE) else REMOTE_SECONDS

    def work() -> T:
        with _alone(uri) as is_alone:
            client = _client(uri, is_alone=is_alone)
            return again_while_busy(seconds, lambda: use(client))

    return within(seconds, work)


def _client(uri: str, *, is_alone: bool) -> MlflowClient:
    """Return a client; it makes the tables of a new SQLite file."""
    file = sqlite_file(uri)
    with nullcontext() if file is None else _made_whole(file, is_alone=is_alone):
        return MlflowClient(tracking_uri=uri)


@contextmanager
def _alone(uri: str) -> Iterator[bool]:
    """Keep other drivers out while a SQLite file gets its tables: MLflow's migrations race.

    The lock is on the file's folder, so that it leaves no file behind. If the file system has no
    locks, there is none: False is given then.
    """
    file = sqlite_file(uri)
    if file is None:
        yield False
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        yield _locked(folder)
    finally:
        os.close(folder)


def _locked(folder: int) -> bool:
    """Wait for the lock on a folder; return False if its file system has none."""
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
    except OSError:
        return False
    return True


@contextmanager
def _made_whole(file: Path, *, is_alone: bool) -> Iterator[None]:
    """Make a new file's tables inside `with`, all or none: MLflow cannot go on with some of them.

    A file that a killed driver left half made is known by its mark, and made anew; without a lock
    no file is marked, as another driver may be making it. Raises sqlite3.Error if the file cannot
    be a database: MLflow would try for 100 seconds.
    """
    if _mark(file) == HALF_MADE and is_alone:
        _clear(file)
    if is_new := is_alone and not file.stat().st_size:
        _mark(file, HALF_MADE)
    try:
        yield
    except BaseException:
        if is_new:
            _clear(file)
        raise
    if is_new:
        _mark(file, WHOLE)


def _mark(file: Path, new: int | None = None) -> int:
    """Return the mark of a database, after setting it to `new`; makes an empty file if none is."""
    with closing(sqlite3.connect(file)) as connection:
        if new is not None:
            connection.execute(f"PRAGMA user_version = {new}")
        found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return found


def _clear(file: Path) -> None:
    """Make a database empty; MLflow may still have it open, so the file itself stays."""
    Path(f"{file}-journal").unlink(missing_ok=True)  # SQLite would undo the clearing
    os.truncate(file, 0)
