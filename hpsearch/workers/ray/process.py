"""A worker that has a process of its own, with which everything that it started dies.

Its trainable runs in the main thread, in one long call (`attempt`); what it reports goes to the
driver by a connection.

A trainable may fork. If its children stayed, they would hold memory and GPUs. Ray's own cleanup of
process groups (on since 2.57) does not replace the guard here: a fork holds the sockets of its
killed parent open, and Ray does not notice the death (2.60, docs/decisions.md, 2026-11-26).

Covered: children of any depth that stay in the worker's process group, whoever killed the worker,
within a second; the worker's temporary files. Not covered: a child that leaves the group
(`setsid`, a daemon) while an attempt runs whose process is killed.
"""

import gc
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import ray

from hpsearch.common.checkpoints import TrialFiles
from hpsearch.common.errors import UserError
from hpsearch.engine import Answer, Event, Reported, RunWanted, Task
from hpsearch.trainable import keep_stand_ins
from hpsearch.workers.child_processes import adopt_orphans, end_forks_by_sigterm
from hpsearch.workers.connection import BROKEN, FILES_OF, Address, connect
from hpsearch.workers.disk_faults import is_full
from hpsearch.workers.gang import Rendezvous
from hpsearch.workers.line import Line
from hpsearch.workers.ray import faults
from hpsearch.workers.ray.machines import this_host
from hpsearch.workers.ray.placement_groups import MadeHere
from hpsearch.workers.remote_files import RemoteFiles
from hpsearch.workers.setup import WorkerSetup
from hpsearch.workers.upload.copies import Copy
from hpsearch.workers.worker import Worker

GUARD = """(while kill -0 "$1" 2>/dev/null; do sleep 1; done; kill -s KILL -- "-$1"
rm -rf -- "$2") 2>/dev/null &"""
"""Waits in the background until a process is gone, then kills the group that it led, and removes
its temporary files."""

GUARD_OF_AGENTS = """(while kill -0 "$1" 2>/dev/null; do sleep 1; done; shift
for agent; do grep -q ray:: "/proc/$agent/cmdline" && kill -s KILL "$agent"; done) 2>/dev/null &"""
"""Waits until a process is gone, then kills those others that are Ray's."""


class ProcessWorker(Worker):
    """The worker of a Ray actor; `name` is what the driver knows its connection by."""

    own_process = True

    def __init__(self, setup: WorkerSetup, address: Address, name: str) -> None:
        super().__init__(setup if setup.copy is None else _in_copy(setup, setup.copy))
        self._address = address
        self._name = name
        self._placement_groups = MadeHere(ray._private.worker.global_worker.actor_id)
        self._line: Line | None = None
        self._files = RemoteFiles(lambda: connect(address, f"{FILES_OF}{name}"))
        with suppress(OSError):  # a full disk: `load_here` says so
            self._temporary = Path(tempfile.mkdtemp(prefix="hpsearch-worker-"))
            keep_stand_ins(self._temporary)
        self._output.start()  # in no group of ours, and nobody's child: it outlives the worker
        guard_group(self._temporary)
        adopt_orphans()  # only now: the guard is nobody's child
        end_forks_by_sigterm()

    def load_here(self) -> str:
        """Connect to the driver, and import the trainable; return the id of this machine."""
        self._open_line()
        self._check_room()
        self.load()
        self._send_code_by_value()
        self._placement_groups.keep()
        gc.collect()
        gc.freeze()  # modules hold nothing of a trial: collecting after it takes far less
        return ray.get_runtime_context().get_node_id()

    def _check_room(self) -> None:
        """Raise UserError if the machine has no room for temporary files."""
        if self._temporary is None or is_full(self._temporary):
            raise UserError(faults.disk_full(this_host()))

    def _send_code_by_value(self) -> None:
        """Let the trainable's functions be Ray tasks: other workers cannot import its file."""
        assert self._trainable is not None  # noqa: S101 (it is loaded)
        module = self._trainable.module
        if sys.modules.get(module.__name__) is module:
            send_by_value: Any = ray.cloudpickle.register_pickle_by_value
            send_by_value(module)

    def reach(self, files: TrialFiles) -> TrialFiles:
        """Return the files themselves, or through the driver."""
        return files if files.is_reachable() else self._files

    def attempt(self, task: Task) -> None:
        """Run an attempt; its events and its end go to the driver by the connection."""
        line = self._open_line()  # a worker that replaces another loads with its first attempt
        with _dying_with_the_driver():
            line.begin(task.waits_at)
        ended = self.run(task, self._exchange, self._send)
        self._placement_groups.remove_left()
        self._send(ended)

    def _connected(self) -> "Connection[Any, Any]":
        try:
            return connect(self._address, self._name)
        except BROKEN as error:
            place = f"{self._address.host}:{self._address.port}"
            raise UserError(faults.driver_unreachable(place, str(error))) from None

    def _open_line(self) -> Line:
        if self._line is None:
            self._line = Line(self._connected())
        return self._line

    def _exchange(self, event: Reported | RunWanted) -> Answer:
        with _dying_with_the_driver():
            return self._open_line().exchange(event)

    def _send(self, event: Event | Rendezvous) -> None:
        with _dying_with_the_driver():
            self._open_line().send(event)


def _in_copy(setup: WorkerSetup, copy: Copy) -> WorkerSetup:
    """Go to the experiment's folder in the copy that Ray has made here its current folder."""
    here = Path.cwd()
    os.chdir(here / setup.folder)
    return replace(setup, folder=Path.cwd(), copy=replace(copy, folder=here, host=this_host()))


@contextmanager
def _dying_with_the_driver() -> Iterator[None]:
    """End this process if the driver is gone: nobody waits for it."""
    try:
        yield
    except BROKEN:
        os._exit(1)


def guard_group(temporary: Path | None) -> None:
    """Lead a process group; when this process ends, all of it is killed and the folder removed."""
    if os.getpgid(0) != os.getpid():
        os.setpgid(0, 0)
    _guard(GUARD, os.getpid(), temporary or "")


def guard_agents(parent: int) -> None:
    """Have the children of Ray's `parent` killed when this process ends.

    Ray's agents take up to two minutes to notice that everything else is dead (Ray 2.60).
    """
    _guard(GUARD_OF_AGENTS, os.getpid(), *_children(parent))


def _guard(script: str, *arguments: int | Path | str) -> None:
    """Start a script in a session of its own, nobody's child: no trainable's `wait` meets it."""
    subprocess.run(  # noqa: S603 (a constant)
        ["/bin/sh", "-c", script, "guard", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        check=False,
    )


def _children(parent: int) -> list[int]:
    """Return a process's children; none if there is no /proc."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError):
            after_name = stat.read_text().rpartition(")")[2].split()
            if int(after_name[1]) == parent:
                found.append(int(stat.parent.name))
    return found
