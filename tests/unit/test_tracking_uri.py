"""Where MLflow could never record is refused before anything begins; a new file is made whole."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from mlflow import MlflowClient

from hpsearch.tracking import connection, tracking_faults

MAKE = """
import sys
from hpsearch.tracking.connection import reach
reach(sys.argv[1], lambda client: client.search_experiments())
"""


def tables(file: Path) -> int:
    with sqlite3.connect(file) as database:
        return int(database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])


def experiments(uri: str) -> list[str]:
    return connection.reach(uri, lambda client: [e.name for e in client.search_experiments()])


@pytest.mark.parametrize(
    "uri",
    [
        "sqlite:///new.db",
        "sqlite:///folder/that/is/new/new.db",
        "sqlite:///empty.db",
        "sqlite:///whole.db",
        "sqlite:///:memory:",
        "http://localhost:5000",
        "https://user:password@host/path",
        "postgresql+psycopg2://user@host/mlflow",
        "databricks",
        "databricks://profile",
        "mlruns",
    ],
)
def test_where_mlflow_may_record_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uri: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty.db").touch()
    sqlite3.connect("whole.db").executescript("CREATE TABLE one (two)")
    assert tracking_faults(uri) == []


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("foo://bar", "MLflow knows no `foo://`."),
        ("sqlite:///text.txt", "text.txt is no SQLite database."),
        ("sqlite:///text.txt/new.db", "Not a directory"),
        ("sqlite:///", ""),
        ("sqlite:///folder", "Is a directory: folder"),
    ],
)
def test_where_mlflow_cannot_record_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uri: str, why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text.txt").write_text("a text, and no database")
    Path("folder").mkdir()
    assert [why in one.why for one in tracking_faults(uri)] == ([True] if why else [])


def test_a_file_that_a_killed_driver_left_half_made_is_made_anew(tmp_path: Path) -> None:
    file = tmp_path / "mlflow.db"
    uri = f"sqlite:///{file}"
    maker = subprocess.Popen([sys.executable, "-c", MAKE, uri], start_new_session=True)
    while not file.exists() or not file.stat().st_size or tables(file) < 5:
        assert maker.poll() is None
        time.sleep(0.002)
    os.killpg(maker.pid, signal.SIGKILL)
    maker.wait()
    assert "Default" in experiments(uri)
    assert connection._mark(file) == connection.WHOLE


def test_a_file_whose_tables_cannot_all_be_made_is_left_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disk_full(tracking_uri: str) -> None:
        sqlite3.connect(file).executescript("CREATE TABLE _alembic_tmp_jobs (half)")
        raise OSError("database or disk is full")

    file = tmp_path / "mlflow.db"

    with monkeypatch.context() as patch:
        patch.setattr(connection, "MlflowClient", disk_full)
        with pytest.raises(OSError, match="disk is full"):
            experiments(f"sqlite:///{file}")
    assert file.stat().st_size == 0
    assert "Default" in experiments(f"sqlite:///{file}")


def test_a_file_that_was_there_keeps_what_it_has(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    connection.reach(uri, lambda client: client.create_experiment("kept"))

    def fails(client: MlflowClient) -> None:
        raise ValueError("no matter")

    with pytest.raises(ValueError, match="no matter"):
        connection.reach(uri, fails)
    assert "kept" in experiments(uri)
