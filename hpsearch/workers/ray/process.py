"""A worker that has a process of its own, with which everything that it started dies.

A trainable may fork. Left behind, its children would hold memory and GPUs, and Ray would not even
notice that their parent is dead, since they hold its sockets open (Ray 2.60, tried 2026-11).

Covered: children of any depth that stay in the worker's process group, whoever killed the worker,
within a second. Not covered: a child that leaves the group (`setsid`, a daemon).
"""

import os
import subprocess
from contextlib import suppress
from pathlib import Path

from hpsearch.workers.worker import Worker, WorkerSetup

GUARD = '(while kill -0 "$1" 2>/dev/null; do sleep 1; done; kill -s KILL -- "-$1") 2>/dev/null &'
"""Waits in the background until a process is gone, then kills the group that it led."""

GUARD_OF_AGENTS = """(while kill -0 "$1" 2>/dev/null; do sleep 1; done; shift
for agent; do grep -q ray:: "/proc/$agent/cmdline" && kill -s KILL "$agent"; done) 2>/dev/null &"""
"""Waits until a process is gone, then kills those others that are Ray's."""


class ProcessWorker(Worker):
    """The worker of a Ray actor."""

    def __init__(self, setup: WorkerSetup) -> None:
        super().__init__(setup)
        guard_group()


def guard_group() -> None:
    """Lead a process group, and have all of it killed when this process ends."""
    if os.getpgid(0) != os.getpid():
        os.setpgid(0, 0)
    _guard(GUARD, os.getpid())


def guard_agents(parent: int) -> None:
    """Have the children of Ray's `parent` killed when this process ends.

    Ray's agents take up to two minutes to notice that everything else is dead (Ray 2.60).
    """
    _guard(GUARD_OF_AGENTS, os.getpid(), *_children(parent))


def _guard(script: str, *processes: int) -> None:
    """Start a script in a session of its own, nobody's child: no trainable's `wait` meets it."""
    subprocess.run(  # noqa: S603 (a constant)
        ["/bin/sh", "-c", script, "guard", *map(str, processes)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        check=False,
    )


def _children(parent: int) -> list[int]:
    """Return a process's children; none where there is no /proc."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError):
            after_name = stat.read_text().rpartition(")")[2].split()
            if int(after_name[1]) == parent:
                found.append(int(stat.parent.name))
    return found
