"""What can be told of a tracking URI without MLflow, whose import takes seconds."""

import re
from importlib.metadata import entry_points
from pathlib import Path

from hpsearch.common.errors import Fault
from hpsearch.common.redaction import redacted
from hpsearch.common.sqlite import HEADER, sqlite_file
from hpsearch.tracking import faults

SERVERS = ("http", "https", "databricks", "databricks-uc", "uc")
DATABASES = ("mysql", "postgresql", "sqlite", "mssql")
"""The schemes of MLflow 3.17, besides those of its plugins; a database's may name a driver."""


def tracking_faults(uri: str) -> list[Fault]:
    """Return why MLflow could never record there; whether a server answers, only asking tells."""
    file = sqlite_file(uri)
    why = _why_no_scheme(uri) if file is None else _why_no_database(file)
    return [] if why is None else [faults.tracking_unreachable(redacted(uri), why)]


def _why_no_scheme(uri: str) -> str | None:
    match = re.match(r"([A-Za-z][\w+.-]*)://", uri)
    if match is None:
        return None
    scheme = match[1].lower()
    if scheme in (*SERVERS, "file") or scheme.partition("+")[0] in DATABASES:
        return None
    is_plugin = any(one.name == scheme for one in entry_points(group="mlflow.tracking_store"))
    return None if is_plugin else f"MLflow knows no `{scheme}://`."


def _why_no_database(file: Path) -> str | None:
    try:
        with file.open("rb") as opened:
            begin = opened.read(len(HEADER))
    except FileNotFoundError:
        parent = next(one for one in file.absolute().parents if one.exists())
        return None if parent.is_dir() else f"{parent} is no folder."
    except OSError as error:
        return f"{error.strerror}: {file}"
    return None if begin in (b"", HEADER) else f"{file} is no SQLite database."
