"""What Ray reads from the environment when it is imported: settings, and the token for its calls.

A module of its own because it must run before `import ray`. Imports no ray.
"""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hpsearch.common.files import write_file
from hpsearch.workers.this_machine import ray_is_running

SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_ENABLE_AUTO_CONNECT": "0",  # else a call after a shutdown joins any cluster it finds
    # a job of Ray's brings a folder of its own, and ours is the experiment's
    "RAY_OVERRIDE_JOB_RUNTIME_ENV": "1",
    # with `--verbose` every line of a trial is shown, and it says itself of which trial it is
    "RAY_DEDUP_LOGS": "0",
    "RAY_DISABLE_WORKER_LOG_PREFIX": "1",
}
TOKEN = secrets.token_hex(32)
"""One for all that this process starts: Ray reads it once."""

TOKENS = {"RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"}


def prepare() -> None:
    """Make Ray's calls need a token, here and on a cluster; settings that exist are kept.

    Ray would write `~/.ray/auth_token` as the umask says, and fail if it cannot; then the token
    stays in this process and its children. Nor would Ray show its token to a cluster.
    """
    if ray_is_running():
        return  # somebody else has started it, and set what it needs
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    if os.environ.setdefault("RAY_AUTH_MODE", "token") != "token" or TOKENS & os.environ.keys():
        return  # somebody has chosen
    try:
        _write_token(Path.home() / ".ray" / "auth_token")
    except (OSError, RuntimeError):  # no home, or not ours to write
        os.environ["RAY_AUTH_TOKEN"] = TOKEN


def _write_token(file: Path) -> None:
    """Write the token's file if there is none, readable for this user alone."""
    file.parent.mkdir(mode=0o700, exist_ok=True)
    with _locked(file.parent):  # of two that start at once, one would lose what its Ray has read
        if not file.exists():
            write_file(file, secrets.token_hex(32).encode())
        file.chmod(0o600)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other processes out that call this; where folders have no locks, it does nothing."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
