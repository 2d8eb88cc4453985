"""A study in a bucket: objects below its name, called as the files of a folder are."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from hpsearch.common.errors import UserError
from hpsearch.common.files import inside
from hpsearch.common.privacy import Privacy
from hpsearch.store import documents
from hpsearch.store.archive import archive_name
from hpsearch.store.bucket.checkpoints import BucketArtifacts, BucketCheckpoints
from hpsearch.store.bucket.connection import Connection
from hpsearch.store.bucket.files import BucketFiles
from hpsearch.store.bucket.journal import BucketJournal, replaced, whole_journal
from hpsearch.store.bucket.lease import BucketLease
from hpsearch.store.bucket.lease_object import LEASE, Term
from hpsearch.store.bucket.loop import run
from hpsearch.store.bucket.objects import Objects
from hpsearch.store.bucket.segments import SEGMENTS, Segments
from hpsearch.store.faults import folder_without_study
from hpsearch.store.port import StudyKind, StudyPart, StudyStore
from hpsearch.store.sent_logs import SentLogs

PARTS: dict[StudyPart, str] = {"confirmation": "confirm", "final": "final"}

REMOVED = "removed"
"""An empty object, there while a study is removed: what else is there goes, too."""


class BucketStudy:
    """See `port.StudyStore`. `root` is its path in the store; `objects` are those of its lease."""

    is_durable = True

    def __init__(
        self,
        connection: Connection,
        root: str,
        *,
        term: Term,
        objects: Objects | None = None,
        name: str | None = None,
        kind: StudyKind = "search",
    ) -> None:
        self._connection, self._root, self._term = connection, root, term
        self._objects = objects or Objects(connection)
        self._files = BucketFiles(self._objects)
        self.name = name or root
        self.kind: StudyKind = kind
        self.store_address = connection.address
        self.address = f"{connection.address}/{root}"
        self.artifacts = BucketArtifacts(self._files, root)

    def exists(self) -> bool:
        return run(is_begun(self._objects, self._root))

    def on_wait(self, notify: Callable[[str], None]) -> None:
        self._objects.patience.notify = notify

    def stop_waiting(self) -> None:
        self._objects.patience.give_up()

    def lease(self) -> BucketLease:
        lease = BucketLease(
            self._objects, self._connection, self._root, name=self.name, term=self._term
        )
        lease.on_taken = self._finish_removal
        return lease

    def may_write(self) -> bool:
        return run(self._objects.may_write())

    def journal(self, *, writable: bool) -> BucketJournal:
        return BucketJournal(self._objects, self._root, name=self.name, writable=writable)

    def journal_mark(self) -> str:
        mark = run(Segments(self._objects, self._root).mark())
        if mark is None:
            raise FileNotFoundError(self.locate(documents.JOURNAL))
        return mark

    def replace_journal(self, data: bytes) -> str:
        copy = f"{documents.JOURNAL}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S}"
        self.write(copy, self.read(documents.JOURNAL) or b"")
        self.write(documents.JOURNAL, data)
        return copy

    def has(self, document: str) -> bool:
        return self._has(str(inside(document)))

    def read(self, document: str) -> bytes | None:
        path = self._path(document)
        if path == self._path(documents.JOURNAL):
            return run(whole_journal(self._objects, self._root))
        return self._files.read(path)

    def write(self, document: str, data: bytes) -> None:
        path = self._path(document)
        if path == self._path(documents.JOURNAL):
            run(replaced(self._objects, self._root, data))
        else:
            self._files.write(path, data)

    def documents(self, folder: str) -> list[str]:
        _, names = run(self._objects.names(self._path(folder)))
        return sorted(f"{folder}/{name}" for name in names)

    def discard(self, document: str) -> None:
        run(self._objects.remove([self._path(document)]))

    def locate(self, document: str) -> str:
        return f"{self._connection.address}/{self._path(document)}"

    @property
    def checkpoints(self) -> BucketCheckpoints:
        """A new object each time: it remembers what a search keeps."""
        return BucketCheckpoints(self._files, self._root)

    def logs(self, privacy: Privacy) -> SentLogs:
        return SentLogs(self._files, self._root, self.address, privacy)

    def part(self, kind: StudyPart) -> "BucketStudy":
        return self._part(PARTS[kind], kind)

    def confirmations(self) -> list[StudyStore]:
        folders = sorted(self._files.folders(self._root))
        found = [self._part(one, "confirmation") for one in folders if _is_confirmation(one)]
        return [one for one in found if one.has(documents.IDENTITY)]

    def archive(self) -> None:
        """Copy it to another name, the journal last, and remove it: whole or not there."""
        paths = self._own()
        if not paths:
            return
        above, slash, own = self._root.rpartition("/")
        new = archive_name(own, self._files.folders(above).__contains__)
        start, journal = f"{above}{slash}{new}", f"{self._root}/{documents.JOURNAL}"
        copies = {path: start + path.removeprefix(self._root) for path in paths}
        last = {path: copies.pop(path) for path in paths if path == journal}
        run(self._objects.copy(copies))
        run(self._objects.copy(last))
        self.remove()

    def reset(self) -> None:
        """Remove what a search makes, the journal first."""
        for document in (documents.JOURNAL, *documents.OF_A_RUN):
            self.discard(document)
        for folder in (SEGMENTS, documents.TRIALS, documents.LOGS):
            self._files.remove(self._path(folder))

    def remove_unstarted(self) -> None:
        if not self.exists():
            run(self._objects.remove(self._own()))

    def check_removable(self) -> None:
        if not self.exists() and not self._has(REMOVED) and self._own():
            raise UserError(folder_without_study(self.address))

    def remove(self) -> None:
        """Remove all objects but the lease; the mark tells who finds it what a kill left."""
        if paths := self._own():
            mark = self._path(REMOVED)
            self._files.write(mark, b"")
            run(self._objects.remove([path for path in paths if path != mark]))
            run(self._objects.remove([mark]))

    def unfinished_removal(self) -> str | None:
        return self.address if self._has(REMOVED) else None

    def size(self) -> int:
        """Return its bytes, without those of the lease."""
        found = run(self._objects.below(self._root))
        return sum(meta.size for meta in found if meta.path != self._path(LEASE))

    def export_folder(self, number: int) -> Path:
        return Path("exports", self.name, f"trial-{number:05d}")

    def exports(self) -> list[str]:
        """Exports are on disk, and stay."""
        return []

    def _finish_removal(self) -> None:
        if self._has(REMOVED):
            self.remove()

    def _own(self) -> list[str]:
        """Return the paths of all its objects, without the lease."""
        found = run(self._objects.below(self._root))
        return [meta.path for meta in found if meta.path != self._path(LEASE)]

    def _has(self, document: str) -> bool:
        return run(self._objects.head(f"{self._root}/{document}")) is not None

    def _part(self, folder: str, kind: StudyKind) -> "BucketStudy":
        return BucketStudy(
            self._connection,
            f"{self._root}/{folder}",
            term=self._term,
            objects=self._objects,
            name=self.name,
            kind=kind,
        )

    def _path(self, document: str) -> str:
        return f"{self._root}/{inside(document)}"


async def is_begun(objects: Objects, root: str) -> bool:
    """Return whether a study has a journal, and is not being removed."""
    paths = f"{root}/{documents.JOURNAL}", f"{root}/{REMOVED}"
    journal, mark = await asyncio.gather(*map(objects.head, paths))
    return journal is not None and mark is None


def _is_confirmation(folder: str) -> bool:
    return folder.partition(".")[0] == PARTS["confirmation"]
