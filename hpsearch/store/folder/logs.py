"""What attempts print, a file each, which a worker of this machine writes itself."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hpsearch.common.logs import IMPORT_LOGS, is_being_written, tail, wait_until_whole
from hpsearch.common.privacy import Privacy
from hpsearch.store.folder.layout import Layout


class FolderLogs:
    """See `store.Logs`. An attempt that prints nothing leaves no file."""

    def __init__(self, layout: Layout, privacy: Privacy) -> None:
        self._layout = layout
        self._privacy = privacy

    @property
    def local(self) -> Path | None:
        return self._layout.logs

    def begin(self, number: int, attempt: int) -> str:
        """Create the file of an attempt; if that fails, the worker writes no log."""
        file = self._layout.log(number, attempt)
        with suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        return str(file.absolute())

    def end(self, number: int, attempt: int, *, output: bytes = b"", died: bool = False) -> None:
        """Keep the output that came with an attempt's end; if it `died`, wait for what it wrote."""
        file = self._layout.log(number, attempt)
        with suppress(OSError):
            if died:
                wait_until_whole(file)
            if output:
                with file.open("ab") as opened:  # after what the worker wrote itself
                    opened.write(output)
            if not file.stat().st_size:
                file.unlink()
                file.parent.rmdir()
            self._clean(file)

    def read(self, number: int, attempt: int) -> bytes:
        with suppress(OSError):
            return self._layout.log(number, attempt).read_bytes()
        return b""

    def tail(self, number: int, attempt: int) -> str:
        return self._privacy.clean(tail(self._layout.log(number, attempt)))

    def attempts(self, number: int) -> list[int]:
        files = self._layout.trial_logs(number).glob("*.log")
        found = [re.fullmatch(r"attempt-(\d+)", file.stem) for file in files]
        return sorted(int(match[1]) for match in found if match)

    def is_being_written(self, number: int, attempt: int) -> bool:
        return is_being_written(self._layout.log(number, attempt))

    def locate(self, number: int, attempt: int) -> str:
        return str(self._layout.log(number, attempt))

    @contextmanager
    def folder(self, number: int) -> Iterator[Path | None]:
        """Give the folder itself, with secrets removed, also if the driver died."""
        folder = self._layout.trial_logs(number)
        for file in folder.glob("*.log"):
            self._clean(file)
        yield folder if folder.is_dir() else None

    def _clean(self, file: Path) -> None:
        with suppress(OSError):
            text = file.read_bytes().decode(errors="replace")
            shown = self._privacy.clean(text)
            if shown != text:
                file.write_bytes(shown.encode())


def remove_import_logs(folder: Path) -> None:
    """Remove the folder if nothing but what workers printed on import is in it.

    A worker that is being killed may still begin such a file: then once more.
    """
    while folder.is_dir():
        for left in folder.glob(IMPORT_LOGS):
            left.unlink(missing_ok=True)
        with suppress(OSError):
            folder.rmdir()
        if folder.is_dir() and not any(folder.glob(IMPORT_LOGS)):
            return  # something else is in it
