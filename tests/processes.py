"""Processes that a test looks at by their number."""

import time
from collections.abc import Callable
from pathlib import Path

SECONDS = 300.0


def is_alive(pid: int) -> bool:
    """Return whether a process is neither gone nor a zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def wait_until_dead(*pids: int) -> None:
    """Return when they are dead: a process that was killed lives until it has the core."""
    wait_until(lambda: not any(map(is_alive, pids)))


def wait_until(condition: Callable[[], object]) -> None:
    until = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.01)
