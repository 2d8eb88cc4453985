"""The servers that `hpsearch ui` can start: MLflow's and optuna-dashboard. Imports neither."""

import importlib.util
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import unquote

from hpsearch.cli import faults
from hpsearch.common.errors import UserError
from hpsearch.models.faults import extra_missing
from hpsearch.store import StudyStore, is_folder
from hpsearch.store.documents import JOURNAL

HOST = "127.0.0.1"

SQLITE = "sqlite:///"

MLFLOW_SETTINGS = {
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # its job queue needs four more processes
    "MLFLOW_DISABLE_TELEMETRY": "true",
}


@dataclass(frozen=True)
class Program:
    """A server to start: `module` with `arguments`, and a port.

    It shows `source`, which is of the kind `shows`. `first_port` is the first port to try, `health`
    a path that it answers when it is ready, `page` the path to open, and `environment` all its
    environment variables.
    """

    name: str
    shows: Literal["tracking_uri", "journal"]
    source: str
    module: str
    arguments: tuple[str, ...]
    first_port: int
    health: str
    page: str
    environment: Mapping[str, str]


def mlflow_program(uri: str) -> Program:
    """Return MLflow's server of a tracking store; raises UserError if nothing is recorded there."""
    _refuse_missing(uri)
    return Program(
        "MLflow's UI",
        "tracking_uri",
        uri,
        "mlflow",
        ("server", "--host", HOST, "--workers", "1", "--uvicorn-opts", "--log-level warning"),
        5000,
        "/health",
        "",
        # not as an argument, which everybody can read: the URI may contain a password
        {**MLFLOW_SETTINGS, **os.environ, "MLFLOW_BACKEND_STORE_URI": uri},
    )


def optuna_program(study: StudyStore) -> Program:
    """Return optuna-dashboard of a study's journal; raises UserError if it cannot show it."""
    if not is_folder(study.store_address):
        raise UserError(faults.folder_needed("--optuna", study.store_address))
    if importlib.util.find_spec("optuna_dashboard") is None:
        raise UserError(extra_missing("optuna-dashboard", "dashboard"))
    arguments = (study.store_address, study.name, "--host", HOST)
    module = "hpsearch.strategies.dashboard"
    return Program(
        "optuna-dashboard",
        "journal",
        study.locate(JOURNAL),
        module,
        arguments,
        8080,
        "/api/meta",
        "/dashboard/studies/0",  # the only study of the journal
        dict(os.environ),
    )


def is_server(uri: str) -> bool:
    """Return whether a tracking URI is a server that runs already."""
    return uri.startswith(("http://", "https://"))


def _refuse_missing(uri: str) -> None:
    """Raise UserError if there is no such database: MLflow would create it, empty."""
    file = Path(unquote(uri.removeprefix(SQLITE).partition("?")[0]))
    if uri.startswith(SQLITE) and not file.exists():
        raise UserError(faults.store_missing(uri, file))
