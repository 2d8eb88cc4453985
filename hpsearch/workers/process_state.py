"""The state of a process that trials share: restored after each, so that nothing of it stays.

Not covered, as docs/guides/trainable.md says: the globals of modules, the environment's
variables, threads that the trial left running.
"""

import asyncio
import contextvars
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

from hpsearch.common.called import IS_CALLED
from hpsearch.workers import child_processes

LAST_EXCEPTIONS = ("last_exc", "last_type", "last_value", "last_traceback")
"""Where Python keeps an uncaught exception for a debugger."""

GRACE_SECONDS = 0.2
"""How long the threads of a trial that has ended may take to end."""

KEPT = ("hpsearch-", "mlflow")
"""What the names of threads begin with that nobody has to end: hpsearch's own, which a search
without Ray has beside, and MLflow's, which autologging keeps for the next run."""


def call_in_own_context(function: Callable[..., object], *arguments: object) -> object:
    """Return what a function returns; the context variables that it sets are not seen outside."""
    context = contextvars.copy_context()
    context.run(IS_CALLED.set, True)
    return context.run(function, *arguments)


_present: "list[ProcessState]" = []
"""The states of all trials in this process: several searches may run, each in a thread."""

_lock = threading.Lock()


class ProcessState:
    """The state before a trial begins; call `restore` when the trial's frames are gone.

    If trials of several searches run in one process at once, what belongs to the whole process is
    restored when the last of them ends, to what the first one found.
    """

    def __init__(self, *, own_process: bool) -> None:
        """`own_process` says that this process does nothing but run trials."""
        self._own_process = own_process
        self._folder = _current_folder()
        self._signals = _signals()
        self._timer = signal.getitimer(signal.ITIMER_REAL)
        self._told = _told()
        self._threads = {*threading.enumerate()}
        self._children = child_processes.children()
        self._exceptions = {name: getattr(sys, name, None) for name in LAST_EXCEPTIONS}
        self._gradients = _gradients()
        with _lock:
            self._is_alone = not _present
            self._origin: ProcessState = self if self._is_alone else _present[-1]._origin
            self._policy = _new_event_loops() if self._is_alone else None
            for other in _present:
                other._is_alone = False
            _present.append(self)

    def restore(self) -> Sequence[str]:
        """Restore everything, and return the names of the threads that are left."""
        self._restore_signals()
        if _gradients() != self._gradients:
            sys.modules["torch"].set_grad_enabled(self._gradients)
        with _lock:
            _present.remove(self)
            if not _present:
                self._origin._restore_process()
        gc.collect()
        if not self._is_alone:  # nobody knows which trial the children and threads belong to
            return ()
        child_processes.kill_leaked(self._children, all_are_ours=self._own_process)
        return _still_running(one for one in threading.enumerate() if one not in self._threads)

    def _restore_process(self) -> None:
        for name, value in self._exceptions.items():
            if getattr(sys, name, None) is not value:
                setattr(sys, name, value)
        _set_policy(self._policy)
        with suppress(OSError):
            os.chdir(self._folder)

    def _restore_signals(self) -> None:
        if self._timer == (0.0, 0.0) and threading.current_thread() is threading.main_thread():
            signal.setitimer(signal.ITIMER_REAL, 0)
        _tell(self._told)
        for number, handler in _signals().items():
            before = self._signals.get(number)
            if handler is not before:
                # None: set by code that is not Python; it cannot be restored
                signal.signal(number, signal.SIG_DFL if before is None else before)


def _current_folder() -> str:
    try:
        return os.getcwd()  # noqa: PTH109 (what `chdir` takes)
    except OSError:  # it was removed
        return os.sep


def _signals() -> dict[int, Any]:
    """Return the handler of each signal; none in a thread that cannot set them."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    return {number: signal.getsignal(number) for number in signal.valid_signals()}


def _told() -> int | None:
    """Return the file that Python tells of signals; None in a thread that cannot set it."""
    if threading.current_thread() is not threading.main_thread():
        return None
    told = signal.set_wakeup_fd(-1)
    _tell(told)
    return told


def _tell(file: int | None) -> None:
    if file is not None:
        with suppress(OSError, ValueError):  # it was closed; another thread
            signal.set_wakeup_fd(file, warn_on_full_buffer=False)


def _gradients() -> bool:
    """Return whether torch computes gradients in this thread, or would if it were imported."""
    is_enabled = getattr(sys.modules.get("torch"), "is_grad_enabled", None)
    return is_enabled is None or bool(is_enabled())


def _new_event_loops() -> Any:
    """Give asyncio a new policy, and return the old one; from 3.14 on there is none."""
    if sys.version_info >= (3, 14):
        return None
    policy = asyncio.get_event_loop_policy()
    _set_policy(type(policy)())
    return policy


def _set_policy(policy: Any) -> None:
    if sys.version_info < (3, 14):
        asyncio.set_event_loop_policy(policy)


def _still_running(threads: Iterable[threading.Thread]) -> Sequence[str]:
    """Return the names of the threads that do not end at once."""
    deadline = time.monotonic() + GRACE_SECONDS
    # a thread that another one is just starting is listed, but cannot be joined yet
    own = [one for one in threads if one.is_alive()]
    # foreign threads that once called Python stay in the list for ever
    own = [one for one in own if not isinstance(one, threading._DummyThread)]
    own = [one for one in own if not one.name.lower().startswith(KEPT)]
    for one in own:
        one.join(max(0.0, deadline - time.monotonic()))
    return [one.name for one in own if one.is_alive()]
