"""A study in memory. Its parts are folders within it, as on disk."""

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from hpsearch.common.files import inside
from hpsearch.common.privacy import Privacy
from hpsearch.store import documents
from hpsearch.store.archive import archive_name
from hpsearch.store.memory.checkpoints import MemoryArtifacts, MemoryCheckpoints
from hpsearch.store.memory.files import MemoryFiles
from hpsearch.store.memory.journal import MemoryJournal
from hpsearch.store.memory.lease import MemoryLease
from hpsearch.store.port import StudyKind, StudyPart, StudyStore
from hpsearch.store.sent_logs import SentLogs

ADDRESS = "memory://"


@dataclass(frozen=True)
class Contents:
    """All that a store in memory holds; `locks` by the study's root."""

    files: MemoryFiles = field(default_factory=MemoryFiles)
    locks: dict[str, threading.Lock] = field(default_factory=lambda: defaultdict(threading.Lock))


class MemoryStudy:
    """See `port.StudyStore`."""

    store_address = ADDRESS
    is_durable = False

    def __init__(
        self, contents: Contents, root: str, *, name: str | None = None, kind: StudyKind = "search"
    ) -> None:
        self._contents = contents
        self._files = contents.files
        self._root = root
        self.name = name or root
        self.kind: StudyKind = kind
        self.address = f"{ADDRESS}{root}"
        self.checkpoints = MemoryCheckpoints(self._files, root)
        self.artifacts = MemoryArtifacts(self._files, root)

    def exists(self) -> bool:
        return self.has(documents.JOURNAL)

    def on_wait(self, notify: Callable[[str], None]) -> None:
        """Say nothing: memory answers."""

    def stop_waiting(self) -> None:
        """Nothing waits."""

    def lease(self) -> MemoryLease:
        return MemoryLease(self._contents.locks[self._root], self.name)

    def may_write(self) -> bool:
        """Only the end of this process frees the lease."""
        return True

    def journal(self, *, writable: bool) -> MemoryJournal:
        path, address = self._path(documents.JOURNAL), self.locate(documents.JOURNAL)
        return MemoryJournal(self._files, path, address, writable=writable)

    def journal_mark(self) -> str:
        data = self.read(documents.JOURNAL)
        if data is None:
            raise FileNotFoundError(self.locate(documents.JOURNAL))
        return sha256(data).hexdigest()

    def replace_journal(self, data: bytes) -> str:
        copy = f"{documents.JOURNAL}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S}"
        self.write(copy, self.read(documents.JOURNAL) or b"")
        self.write(documents.JOURNAL, data)
        return copy

    def has(self, document: str) -> bool:
        return self.read(document) is not None

    def read(self, document: str) -> bytes | None:
        return self._files.read(self._path(document))

    def write(self, document: str, data: bytes) -> None:
        self._files.write(self._path(document), data)

    def documents(self, folder: str) -> list[str]:
        names = sorted(self._files.names(self._path(folder)))
        return [name for one in names if self.has(name := f"{folder}/{one}")]

    def discard(self, document: str) -> None:
        self._files.remove(self._path(document))

    def locate(self, document: str) -> str:
        return f"{ADDRESS}{self._path(document)}"

    def logs(self, privacy: Privacy) -> SentLogs:
        return SentLogs(self._files, self._root, f"memory://{self._root}", privacy)

    def part(self, kind: StudyPart) -> "MemoryStudy":
        return self._part(kind, kind)

    def confirmations(self) -> list[StudyStore]:
        folders = sorted(n for n in self._files.names(self._root) if n.startswith("confirmation"))
        found = [self._part(folder, "confirmation") for folder in folders]
        return [one for one in found if one.has(documents.IDENTITY)]

    def archive(self) -> None:
        above, slash, own = self._root.rpartition("/")
        new = archive_name(own, self._files.names(above).__contains__)
        self._files.rename(self._root, f"{above}{slash}{new}")

    def reset(self) -> None:
        for document in (documents.JOURNAL, *documents.OF_A_RUN):
            self._files.remove(self._path(document))
        for folder in (documents.TRIALS, documents.LOGS):
            self._files.remove(f"{self._root}/{folder}")

    def remove_unstarted(self) -> None:
        if not self.exists():
            self._files.remove(self._root)

    def check_removable(self) -> None:
        """All that is here is ours."""

    def remove(self) -> None:
        self._files.remove(self._root)

    def unfinished_removal(self) -> None:
        """Nothing outlasts a kill."""

    def size(self) -> int:
        return self._files.size(self._root)

    def export_folder(self, number: int) -> Path:
        return Path("exports", self.name, f"trial-{number:05d}")

    def exports(self) -> list[str]:
        """Exports are on disk, and stay."""
        return []

    def _part(self, folder: str, kind: StudyKind) -> "MemoryStudy":
        root = f"{self._root}/{folder}"
        return MemoryStudy(self._contents, root, name=self.name, kind=kind)

    def _path(self, document: str) -> str:
        return f"{self._root}/{inside(document)}"
