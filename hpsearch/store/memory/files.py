"""Named bytes in memory, shared by all users of one store, also from several threads."""

import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from hpsearch.store.temporary_folder import temporary_folder


class MemoryFiles:
    """Files by their path, with `/`; a folder is what the paths below it begin with."""

    def __init__(self) -> None:
        self._files: dict[str, bytes | bytearray] = {}
        self._lock = threading.Lock()

    def read(self, path: str, start: int = 0) -> bytes | None:
        """Return a file from that byte on, or None if there is none."""
        with self._lock:
            data = self._files.get(path)
            return (
                data
                if data is None or (isinstance(data, bytes) and not start)
                else bytes(data[start:])
            )

    def write(self, path: str, data: bytes) -> None:
        """Write a file; an earlier one is replaced."""
        with self._lock:
            self._files[path] = data

    def append(self, path: str, data: bytes) -> None:
        """Append to a file, or begin it; takes time in proportion to what is appended."""
        with self._lock:
            file = self._files.get(path, b"")
            if not isinstance(file, bytearray):
                self._files[path] = file = bytearray(file)
            file += data

    def read_folder(self, folder: str) -> dict[str, bytes]:
        """Return the files below a folder, by their path relative to it."""
        with self._lock:
            start = len(folder) + 1
            return {path[start:]: bytes(self._files[path]) for path in self._below(folder)}

    def on_disk(self, folder: str, name: str) -> AbstractContextManager[Path | None]:
        """Give a temporary folder of that name with the files below a folder; None without any."""
        return temporary_folder(self.read_folder(folder), name)

    def write_folder(self, folder: str, files: Mapping[str, bytes]) -> None:
        """Write a folder; an earlier one is replaced."""
        with self._lock:
            self._remove(folder)
            self._files.update({f"{folder}/{name}": data for name, data in files.items()})

    def rename(self, folder: str, new: str) -> None:
        """Rename a folder; one that has the new name is replaced."""
        with self._lock:
            self._remove(new)
            for path in self._below(folder):
                self._files[new + path.removeprefix(folder)] = self._files.pop(path)

    def remove(self, path: str) -> None:
        """Remove a file, or a folder."""
        with self._lock:
            self._files.pop(path, None)
            self._remove(path)

    def names(self, folder: str = "") -> set[str]:
        """Return the names in a folder."""
        with self._lock:
            start = len(folder) + 1 if folder else 0
            return {path[start:].partition("/")[0] for path in self._below(folder)}

    def size(self, folder: str) -> int:
        """Return the bytes below a folder."""
        with self._lock:
            return sum(len(self._files[path]) for path in self._below(folder))

    def _below(self, folder: str) -> list[str]:
        return [path for path in self._files if not folder or path.startswith(f"{folder}/")]

    def _remove(self, folder: str) -> None:
        for path in self._below(folder):
            del self._files[path]
