"""A journal in memory."""

from hpsearch.store.memory.files import MemoryFiles


class MemoryJournal:
    """See `store.JournalLog`."""

    def __init__(self, files: MemoryFiles, path: str, address: str, *, writable: bool) -> None:
        self.address = address
        self._files = files
        self._path = path
        self._seen = 0
        if writable:
            self._cut_off_half_line()

    def read(self) -> bytes:
        """Return the whole lines that were appended since the last call."""
        data = self._files.read(self._path, self._seen) or b""
        whole = data[: data.rfind(b"\n") + 1]
        self._seen += len(whole)
        return whole

    def read_external(self) -> bytes:
        """Return nothing: no other program sees this memory."""
        return b""

    def append(self, data: bytes) -> None:
        """Append lines."""
        self._files.append(self._path, data)

    def flush(self, *, wait: bool = True) -> None:
        """Nothing outlasts this process."""

    def close(self) -> None:
        """Nothing to close."""

    def _cut_off_half_line(self) -> None:
        data = self._files.read(self._path) or b""
        self._files.write(self._path, data[: data.rfind(b"\n") + 1])
