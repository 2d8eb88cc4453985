"""Kills a command's process group if this process dies, however it dies."""

import subprocess
from contextlib import suppress

GUARD = """exec 3<&0
(read -r group && { read -r _ || kill -s KILL -- "-$group"; }) <&3 2>/dev/null &
wait"""
"""The end of its input without a second line is the death of who writes it.

It waits in a process below the shell, which is nobody's child once the shell is killed: Ray kills
the children of a worker that it ends (2.60), and the guard must outlive them.
"""


class Guard:
    """Started before the command, so that there is no moment without it."""

    def __init__(self) -> None:
        self._shell = subprocess.Popen(  # noqa: S603 (a constant)
            ["/bin/sh", "-c", GUARD],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def watch(self, group: int) -> None:
        """Kill this group if this process dies."""
        self._tell(f"{group}\n")

    def dismiss(self) -> None:
        """End: nothing of the group is left."""
        self._tell("\n")
        if self._shell.stdin is not None:
            with suppress(OSError):
                self._shell.stdin.close()
        self._shell.wait()

    def _tell(self, line: str) -> None:
        if self._shell.stdin is not None:
            with suppress(OSError):  # somebody killed it
                self._shell.stdin.write(line.encode())
                self._shell.stdin.flush()
