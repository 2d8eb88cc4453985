"""Ray itself: how it is started or reached, and whether it is still alive.

If Ray's own options leave something open or slow, a part of it is replaced while it starts; each
such place says why.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ray
from ray._private.runtime_env.constants import RAY_JOB_CONFIG_JSON_ENV_VAR
from ray.exceptions import RayError
from ray.job_config import JobConfig

from hpsearch.common.errors import SearchFailed, UserError
from hpsearch.common.shared_change import replace_attribute
from hpsearch.experiment import Resources
from hpsearch.workers.addresses import address_faults
from hpsearch.workers.ray import faults
from hpsearch.workers.ray.process import guard_agents
from hpsearch.workers.ray.quick_start import quick_start
from hpsearch.workers.ray.reach import check_reachable, read_environment
from hpsearch.workers.ray.runtime_environment import HPSEARCH, runtime_environment

VITAL = ("raylet", "gcs_server")
"""Ray's processes without which nothing works."""

START_ERRORS = (ConnectionError, RayError, ValueError, OSError, RuntimeError)
"""What Ray raises if it cannot be started or reached."""

LONGEST_TEMPORARY_FOLDER = 35
"""Bytes: Ray adds up to 72 to it for the path of a socket, which the system limits to 107."""

SHORT_FOLDER = "/tmp/ray"  # noqa: S108 (Ray's own choice without TMPDIR)


class _OwnPath(JobConfig):
    """Has workers import what the driver imports.

    Ray puts the driver's current folder first on their import path: a `numpy.py` there would end
    them. It stays only if hpsearch itself is in it, as in a checkout.
    """

    def _serialize(self) -> str:
        folders = self._py_driver_sys_path
        self._py_driver_sys_path = [one for one in folders if Path(one) == HPSEARCH.parent]
        return super()._serialize()


def dead_processes() -> list[str]:
    """Return which vital processes of our own Ray are dead.

    Ray itself says it far too late: `ray.wait` waits on, and the driver is ended after a minute.
    """
    node = _global_node()
    return sorted({name for name, _ in node.dead_processes()} & {*VITAL}) if node else []


def start(resources: Resources, folder: Path, *, verbose: bool) -> None:
    """Start Ray on this machine, or reach the cluster at the experiment's address.

    The experiment's folder is sent there. Raises UserError if the cluster cannot be reached, or if
    none is named in a Ray job; SearchFailed if Ray does not start here.
    """
    read_environment()
    options: dict[str, Any] = {
        "include_dashboard": False,
        "log_to_driver": verbose,
        "logging_level": "info" if verbose else "error",
    }
    address = resources.ray_address
    if address is None:
        if RAY_JOB_CONFIG_JSON_ENV_VAR in os.environ:
            raise UserError(faults.ray_job_without_cluster())
        _start_here(options)
        return
    if unusable := address_faults(address):
        raise UserError(*unusable)
    check_reachable(address)
    try:
        with _own_sigterm(), runtime_environment(resources, folder) as environment:
            ray.init(address, runtime_env=environment, **options)
    except START_ERRORS as error:
        ray.shutdown()
        raise UserError(faults.ray_unreachable(address, _problem(error))) from None


def _start_here(options: dict[str, Any]) -> None:
    """Start our own Ray; try again if a part of it died while it started."""
    options |= {"_node_ip_address": "127.0.0.1", "_temp_dir": temporary_folder()}
    for tries_left in (1, 0):
        try:
            quick = quick_start(forward_logs=options["log_to_driver"])
            with _own_sigterm(), quick, _on_loopback():
                # "local": else Ray joins whatever cluster runs on this machine
                ray.init("local", job_config=_OwnPath(), **options)
            break
        except START_ERRORS as error:
            ray.shutdown()
            if not tries_left:
                fault = faults.ray_not_started(_problem(error), temporary_folder())
                raise SearchFailed(fault) from None
    guard_agents(_global_node().all_processes["raylet"][0].process.pid)


def temporary_folder() -> str:
    """Return the folder for our own Ray's sockets and logs: TMPDIR, unless its path is too long."""
    usual = os.environ.get("RAY_TMPDIR") or os.environ.get("TMPDIR") or "/tmp"  # noqa: S108
    if len(os.fsencode(Path(usual).absolute())) > LONGEST_TEMPORARY_FOLDER:
        return SHORT_FOLDER
    return str(Path(usual).absolute() / "ray")


def _problem(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _global_node() -> Any:
    """Return Ray's account of the processes that it started here, None if it runs elsewhere."""
    return ray._private.worker._global_node


@contextmanager
def _own_sigterm() -> Iterator[None]:
    """Keep the process's own handler of SIGTERM.

    Ray's kills what it has started and waits for it: for ever, if that is only half started.
    """
    is_main = threading.current_thread() is threading.main_thread()
    own = signal.getsignal(signal.SIGTERM)
    undo = replace_attribute(ray._private.utils, "set_sigterm_handler", lambda handler: None)
    try:
        yield
    finally:
        undo()
        if is_main and own is not None:
            signal.signal(signal.SIGTERM, own)  # Ray's C++ has set one as well


@contextmanager
def _on_loopback() -> Iterator[None]:
    """Have Ray listen on loopback alone; `_node_ip_address` by itself is not enough."""
    undo = replace_attribute(ray._private.ray_constants, "ENABLE_RAY_CLUSTER", False)
    try:
        yield
    finally:
        undo()
