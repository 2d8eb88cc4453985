"""What the attempts of a study's trials print, a log for each."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol


class Logs(Protocol):
    """The logs of one study."""

    @property
    def local(self) -> Path | None:
        """The folder in which a worker of this machine writes logs itself; None if it cannot."""

    def begin(self, number: int, attempt: int) -> str:
        """Create the file of an attempt that begins and return its path; "" if there is none."""

    def end(self, number: int, attempt: int, *, output: bytes = b"", died: bool = False) -> None:
        """Keep the output that came with an attempt's end, or that it wrote before it `died`."""

    def read(self, number: int, attempt: int) -> bytes:
        """Return an attempt's log so far; empty if there is none."""

    def tail(self, number: int, attempt: int) -> str:
        """Return the last lines of an attempt without their times, or nothing."""

    def attempts(self, number: int) -> list[int]:
        """Return the attempts of a trial that have a log, ascending."""

    def is_being_written(self, number: int, attempt: int) -> bool:
        """Return whether a worker is writing it now."""

    def locate(self, number: int, attempt: int) -> str:
        """Return where the log is or would be, for people."""

    def folder(self, number: int) -> AbstractContextManager[Path | None]:
        """Give a local folder with the trial's logs inside `with`; None if there are none."""
