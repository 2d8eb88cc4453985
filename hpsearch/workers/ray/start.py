"""Ray itself: how it is started or reached, and whether it still lives.

Where Ray's own options leave something open or slow, a part of it is replaced while it starts; each
such place says why.
"""

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ray
from ray._private.node import Node
from ray.exceptions import RayError

import hpsearch
from hpsearch.common import faults
from hpsearch.common.errors import SearchFailed, UserError
from hpsearch.workers.ray.process import guard_agents

NOT_SENT = ["studies", "mlflow.db", "mlruns", "mlartifacts", ".git", ".venv", "__pycache__"]
"""What of the experiment's folder does not travel to a cluster."""

VITAL = ("raylet", "gcs_server")
"""Ray's processes without which nothing goes on."""

START_ERRORS = (ConnectionError, RayError, ValueError, OSError, RuntimeError)
"""What Ray raises where it cannot be started or reached."""

CONNECT_SECONDS = 10.0
"""How long a cluster may take to answer at all."""


def dead_processes() -> list[str]:
    """Return which of the processes without which nothing goes on are dead, of a Ray of our own.

    Ray itself says it far too late: `ray.wait` waits on, and the driver is ended after a minute.
    """
    node = _global_node()
    return sorted({name for name, _ in node.dead_processes()} & {*VITAL}) if node else []


def start(address: str | None, folder: Path, *, verbose: bool) -> None:
    """Start Ray on this machine, or reach the cluster at an address.

    The experiment's folder travels to a cluster. Raises UserError where nobody is reached,
    SearchFailed where Ray does not start here.
    """
    options: dict[str, Any] = {
        "include_dashboard": False,
        "log_to_driver": verbose,
        "logging_level": "info" if verbose else "error",
    }
    if address is None:
        _start_here(options)
        return
    _refuse_where_nobody_listens(address)
    package = str(Path(hpsearch.__file__).parent)
    travel = {"working_dir": str(folder), "py_modules": [package], "excludes": NOT_SENT}
    try:
        with _own_sigterm():
            ray.init(address, runtime_env=travel, **options)
    except START_ERRORS as error:
        raise UserError(faults.ray_unreachable(address, _problem(error))) from None


def _start_here(options: dict[str, Any]) -> None:
    """Start a Ray of our own; once more where a part of it died meanwhile."""
    # Ray listens on every address of the machine otherwise, whatever `_node_ip_address` says
    ray._private.ray_constants.ENABLE_RAY_CLUSTER = False
    for tries_left in (1, 0):
        try:
            with _own_sigterm(), _without_dashboard():
                # "local": else Ray joins whatever cluster runs on this machine
                ray.init("local", _node_ip_address="127.0.0.1", **options)
            break
        except START_ERRORS as error:
            ray.shutdown()
            if not tries_left:
                raise SearchFailed(faults.ray_not_started(_problem(error))) from None
    guard_agents(_global_node().all_processes["raylet"][0].process.pid)


def _problem(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _refuse_where_nobody_listens(address: str) -> None:
    """Raise UserError where `host:port` answers nobody; Ray itself tries for minutes."""
    host, _, port = address.rpartition(":")
    if not (host and port.isdigit()) or "/" in host:
        return  # "auto" and "ray://…" are for Ray to find
    try:
        socket.create_connection((host, int(port)), timeout=CONNECT_SECONDS).close()
    except OSError as error:
        raise UserError(faults.ray_unreachable(address, str(error))) from None


def _global_node() -> Any:
    """Return Ray's account of the processes that it started here, None where it runs elsewhere."""
    return ray._private.worker._global_node


@contextmanager
def _own_sigterm() -> Iterator[None]:
    """Keep the process's own answer to SIGTERM.

    Ray's kills what it has started and waits for it, for ever where that is half started.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    own = signal.getsignal(signal.SIGTERM)
    ray._private.utils.set_sigterm_handler = lambda handler: None
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, own)  # what is not Python in Ray has an answer as well


@contextmanager
def _without_dashboard() -> Iterator[None]:
    """Start no dashboard at all.

    Told to leave it out, Ray 2.60 starts its process all the same, for usage statistics that are
    off, and waits until it answers.
    """
    name = "start_api_server"
    own = getattr(Node, name)

    def start_nothing(node: Node, **_: object) -> None:
        node._webui_url = ""

    setattr(Node, name, start_nothing)
    try:
        yield
    finally:
        setattr(Node, name, own)
