"""The child processes that a trial started and leaked.

A process is leaked if nothing refers to it any more. What a module global holds is kept, as the
global itself is: a pool of loaders, a compiler's helpers, the service of a tracker.

Not covered: a process that is not this one's child (without Linux's subreaper, a daemon).
"""

import ctypes
import gc
import multiprocessing.process
import os
import signal
import subprocess
import time
import weakref
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
"""Linux, prctl(2)."""

HELPERS = (b"resource_tracker", b"forkserver")
"""Python's own processes, started once; nothing refers to them but their number."""

MOST_GENERATIONS = 5
"""The children of a child that was killed become this process's own, and are next."""

END_SECONDS = 2.0
"""How long to wait for processes that were killed."""


def adopt_orphans() -> None:
    """Make orphans of our children this process's own children, if the system can (Linux)."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children() -> set[int]:
    """Return this process's children; none if the system does not tell."""
    found: set[int] = set()
    for listed in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):  # the thread has ended
            found.update(int(pid) for pid in listed.read_text().split())
    return found


def kill_leaked(before: Collection[int], *, all_are_ours: bool) -> None:
    """Kill the children that were leaked since `before`; collect garbage first.

    Without `all_are_ours`, only those that Python knows: somebody else in this process may have
    started the others.
    """
    for _ in range(MOST_GENERATIONS):
        left = _leaked_by_multiprocessing(before) | _leaked_by_subprocess(before)
        others = children() - {*before} - left if all_are_ours else set()
        if others:
            left |= {pid for pid in others - _referred_to() if not _is_helper(pid)}
        if not left:
            return
        _kill(left)


def _leaked_by_multiprocessing(before: Collection[int]) -> set[int]:
    """Return those whose object nothing has but multiprocessing's own list of children."""
    known = multiprocessing.process._children  # type: ignore[attr-defined]
    taken = [process for process in known if process.pid not in before]
    if not taken:
        return set()
    known.difference_update(taken)
    references = [(weakref.ref(process), process.pid) for process in taken]
    taken.clear()
    gc.collect()
    left = set()
    for reference, pid in references:
        process = reference()
        if process is None:
            left.add(pid)
        else:
            known.add(process)
    return left


def _leaked_by_subprocess(before: Collection[int]) -> set[int]:
    """Return those whose object is gone; subprocess then keeps them in a list, to ask their end."""
    forgotten = getattr(subprocess, "_active", None) or []
    return {process.pid for process in forgotten if process.poll() is None} - {*before}


def _referred_to() -> set[int]:
    """Return the processes that somebody has an object for."""
    forgotten = getattr(subprocess, "_active", None) or []
    objects = [one for one in gc.get_objects() if isinstance(one, subprocess.Popen)]
    by_subprocess = {one.pid for one in objects if one not in forgotten}
    known = multiprocessing.process._children  # type: ignore[attr-defined]
    return by_subprocess | {process.pid for process in known}


def _is_helper(pid: int) -> bool:
    with suppress(OSError):
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        return any(word in command for word in HELPERS)
    return False


def _kill(processes: Iterable[int]) -> None:
    """Kill processes and wait for their end."""
    rest = set(processes)
    for pid in rest:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + END_SECONDS
    while rest and time.monotonic() < deadline:
        rest = {pid for pid in rest if not _is_reaped(pid)}
        if rest:
            time.sleep(0.005)


def _is_reaped(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:  # somebody else asked
        return True


def end_forks_by_sigterm() -> None:
    """Let SIGTERM end what is forked from this process, unless the trainable handles it.

    Ray's handler would be inherited, and does not end a child: `Pool.terminate` waits for ever.
    """
    inherited = signal.getsignal(signal.SIGTERM)
    masks: list[set[int | signal.Signals]] = []

    def hold() -> None:  # one that comes before `restore` waits for it
        masks.append(signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM}))

    def release() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, masks.pop())

    def restore() -> None:
        if signal.getsignal(signal.SIGTERM) is inherited:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
        release()

    os.register_at_fork(before=hold, after_in_parent=release, after_in_child=restore)
