"""What attempts printed, in a store that no worker writes to: it is sent when an attempt ends."""

import re
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from hpsearch.common.logs import tail_of
from hpsearch.common.privacy import Privacy
from hpsearch.store import documents


class Files(Protocol):
    """The files of such a store, by their path."""

    def read(self, path: str) -> bytes | None: ...

    def write(self, path: str, data: bytes) -> None: ...

    def names(self, folder: str) -> Iterable[str]: ...

    def on_disk(self, folder: str, name: str) -> AbstractContextManager[Path | None]: ...


class SentLogs:
    """See `store.Logs`. `root` is the study's path among the files, `address` its address."""

    local = None

    def __init__(self, files: Files, root: str, address: str, privacy: Privacy) -> None:
        self._files = files
        self._root = root
        self._address = address
        self._privacy = privacy

    def begin(self, number: int, attempt: int) -> str:
        return ""

    def end(self, number: int, attempt: int, *, output: bytes = b"", died: bool = False) -> None:
        if output:
            shown = self._privacy.clean(output.decode(errors="replace")).encode()
            self._files.write(self._path(documents.attempt_log(number, attempt)), shown)

    def read(self, number: int, attempt: int) -> bytes:
        return self._files.read(self._path(documents.attempt_log(number, attempt))) or b""

    def tail(self, number: int, attempt: int) -> str:
        return tail_of(self.read(number, attempt))

    def attempts(self, number: int) -> list[int]:
        names = self._files.names(self._path(documents.trial_logs(number)))
        found = [re.fullmatch(r"attempt-(\d+)\.log", name) for name in names]
        return sorted(int(match[1]) for match in found if match)

    def is_being_written(self, number: int, attempt: int) -> bool:
        return False

    def locate(self, number: int, attempt: int) -> str:
        return f"{self._address}/{documents.attempt_log(number, attempt)}"

    def folder(self, number: int) -> AbstractContextManager[Path | None]:
        """Give a temporary folder with the files."""
        return self._files.on_disk(self._path(documents.trial_logs(number)), "logs")

    def _path(self, document: str) -> str:
        return f"{self._root}/{document}"
