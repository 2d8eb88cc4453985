"""A command in a pseudo-terminal: what a person sees of it, and can type."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pyte
from rich.cells import cell_len

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
SECONDS = 480.0


class Terminal:
    """`hpsearch` with these arguments at so many columns, in 24 lines."""

    def __init__(
        self, folder: Path, columns: int, *arguments: str, extra: Mapping[str, str] | None = None
    ) -> None:
        self.columns = columns
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "hpsearch", *arguments],
            cwd=folder,
            env=_environment() | {"TERM": "xterm-256color"} | dict(extra or {}),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509 (so that Ctrl-C comes as a signal)
        )
        os.close(theirs)
        self._said = b""

    def wait_for(self, text: str) -> None:
        """Return when the command has said the text."""
        until = time.monotonic() + SECONDS
        while text not in self.said:
            assert self._read(until), f"it never said {text!r}, but:\n{self.said}"

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def interrupt(self, text: str) -> None:
        """Press Ctrl-C at a prompt until the text is said.

        A signal that comes just before Python waits for the line is seen with the next key only.
        """
        while text not in self.said:
            self.type("\x03")
            until = time.monotonic() + 5
            while (
                text not in self.said
                and select.select([self._ours], [], [], max(0.0, until - time.monotonic()))[0]
            ):
                assert self._read(until), f"it ended without {text!r}:\n{self.said}"

    def end(self) -> int:
        """Wait for the command's end; return its exit code."""
        until = time.monotonic() + SECONDS
        while self._read(until):
            pass
        os.close(self._ours)
        return self._process.wait(SECONDS)

    @property
    def said(self) -> str:
        """All that it wrote, without colours and cursor moves."""
        return ESCAPE.sub("", self._said.decode(errors="replace"))

    @property
    def screen(self) -> list[str]:
        """The lines that are seen now, the ones that were scrolled away before them."""
        screen = pyte.HistoryScreen(self.columns, 24, history=10_000)
        pyte.ByteStream(screen).feed(self._said)
        gone = ["".join(row[x].data for x in range(self.columns)) for row in screen.history.top]
        return [line.rstrip() for line in [*gone, *screen.display]]

    def overlong(self) -> list[str]:
        """Return the lines that the terminal had to break."""
        lines = re.split(r"[\r\n]+", self.said)
        return [line for line in lines if cell_len(line) > self.columns]

    def _read(self, until: float) -> bool:
        """Read what is there; return False at the command's end."""
        ready, _, _ = select.select([self._ours], [], [], max(0.0, until - time.monotonic()))
        assert ready, f"nothing came for {SECONDS:g} s after:\n{self.said}"
        part = b""
        with suppress(OSError):  # so Linux says that nobody holds the other end
            part = os.read(self._ours, 65536)
        self._said += part
        return bool(part)


def piped(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a command where nobody looks."""
    return subprocess.run(  # noqa: PLW1510
        [sys.executable, "-m", "hpsearch", *arguments],
        cwd=folder, env=_environment(), capture_output=True, text=True, timeout=SECONDS,
    )  # fmt: skip


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _environment() -> dict[str, str]:
    """Return an environment without what would decide about width, colour or stores."""
    widths_and_colours = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR")
    # the last one Ray sets in whatever process it runs in, as that of another test
    unwanted = (*widths_and_colours, "HPSEARCH_", "MLFLOW_", "PYTHONBREAKPOINT")
    return {k: v for k, v in os.environ.items() if not k.startswith(unwanted)}
