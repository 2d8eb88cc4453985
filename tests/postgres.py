"""A PostgreSQL server of its own, as Debian's package has it."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.ports import free_port

DEBIAN = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
USERS = ("postgres", "nobody")
"""Who may run the server if we are root: PostgreSQL refuses to run as root."""


class NotStarted(Exception):
    """There is no PostgreSQL here, or it does not start."""


@contextmanager
def postgres() -> Iterator[str]:
    """Run a server for the user `tester`; yield its `host:port`. Raises NotStarted."""
    with TemporaryDirectory(prefix="postgres-", dir="/tmp") as folder:  # a socket's path is short
        data = Path(folder) / "data"
        data.mkdir()
        as_user = _give_away(Path(folder))
        port = free_port()
        trust = ["--auth=trust", "--username=tester", "--encoding=UTF8", "--locale=C"]
        _call("initdb", "-D", str(data), "--no-sync", *trust, **as_user)
        options = f"-h 127.0.0.1 -p {port} -k {folder} -F"
        log = f"{folder}/log"
        start = ["pg_ctl", "-D", str(data), "-l", log, "-w", "-t", "120", "-o", options, "start"]
        _call(*start, **as_user)
        try:
            yield f"127.0.0.1:{port}"
        finally:
            _call("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop", **as_user)


def database(address: str, name: str) -> str:
    """Make a database and return its URI for SQLAlchemy."""
    import psycopg

    with psycopg.connect(f"postgresql://tester@{address}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return f"postgresql+psycopg://tester@{address}/{name}"


def _program(name: str) -> str | None:
    folders = os.pathsep.join([*map(str, DEBIAN), os.environ.get("PATH", os.defpath)])
    return shutil.which(name, path=folders)


def _call(name: str, *words: str, **options: str) -> None:
    program = _program(name)
    if program is None:
        raise NotStarted("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    done = subprocess.run(
        [program, *words],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # a server that stays would hold a pipe open
        stderr=subprocess.DEVNULL,
        check=False,
        **options,  # type: ignore[call-overload]
    )
    if done.returncode != 0:
        raise NotStarted(f"PostgreSQL does not start here: {name} ends with {done.returncode}")


def _give_away(folder: Path) -> dict[str, str]:
    """Give a folder to another user if we are root; return who runs the server."""
    if os.getuid() != 0:
        return {}
    known = {one.pw_name for one in pwd.getpwall()}
    user = next(name for name in USERS if name in known)
    for path in (folder, *folder.iterdir()):
        shutil.chown(path, user)
    return {"user": user}
