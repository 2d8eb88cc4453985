"""MLflow as a team runs it: PostgreSQL, artifacts in a bucket, users with passwords."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.ports import free_port
from tests.postgres import database
from tests.s3 import BUCKET, Server

USER, PASSWORD = "admin", "a password of the tests"
AUTH = """\
[mlflow]
default_permission = READ
database_uri = {users}
admin_username = {user}
authorization_function = mlflow.server.auth:authenticate_request_basic_auth
"""
SECRET = {"MLFLOW_FLASK_SERVER_SECRET_KEY": "a key of the tests"}


@dataclass(frozen=True)
class MlflowServer:
    """A server that runs; clients need `login` in their environment, and nothing of the bucket."""

    uri: str
    login: dict[str, str]


@contextmanager
def mlflow_server(folder: Path, postgres: str, s3: Server) -> Iterator[MlflowServer]:
    """Run `mlflow server` with its runs and users in PostgreSQL and its artifacts in S3."""
    port = str(free_port())
    config = folder / "auth.ini"
    config.write_text(AUTH.format(users=database(postgres, "users"), user=USER))
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", port]
    command += ["--workers", "1", "--app-name", "basic-auth"]
    command += ["--backend-store-uri", database(postgres, "mlflow")]
    command += ["--serve-artifacts", "--artifacts-destination", f"s3://{BUCKET}/mlflow"]
    secrets = s3.environment()
    environment = {
        **os.environ,
        **SECRET,
        **secrets,
        "MLFLOW_S3_ENDPOINT_URL": secrets["AWS_ENDPOINT_URL"],
        "MLFLOW_AUTH_CONFIG_PATH": str(config),
        "MLFLOW_AUTH_ADMIN_PASSWORD": PASSWORD,
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    log = folder / "mlflow-server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        _wait(process, f"http://127.0.0.1:{port}/health", log)
        login = {"MLFLOW_TRACKING_USERNAME": USER, "MLFLOW_TRACKING_PASSWORD": PASSWORD}
        yield MlflowServer(f"http://127.0.0.1:{port}", login)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait(
    process: "subprocess.Popen[bytes]", address: str, log: Path, seconds: float = 720
) -> None:
    end = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < end:
        with suppress(OSError), urllib.request.urlopen(address, timeout=5):
            return
        time.sleep(0.2)
    raise AssertionError(log.read_text()[-4000:])
