"""A study in a folder of its own, private to the user who started it."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path

from hpsearch.common.errors import HpsearchError, SearchFailed, UserError
from hpsearch.common.files import folder_size, write_file
from hpsearch.common.privacy import Privacy
from hpsearch.store import documents, faults
from hpsearch.store.archive import archive_name
from hpsearch.store.faults import folder_unwritable
from hpsearch.store.folder.checkpoints import FolderArtifacts, FolderCheckpoints
from hpsearch.store.folder.journal import FolderJournal
from hpsearch.store.folder.layout import Layout
from hpsearch.store.folder.lease import FolderLease
from hpsearch.store.folder.logs import FolderLogs, remove_import_logs
from hpsearch.store.port import StudyKind, StudyPart, StudyStore


class FolderStudy:
    """See `port.StudyStore`."""

    def __init__(
        self,
        root: Path,
        *,
        name: str | None = None,
        kind: StudyKind = "search",
        store_address: str | None = None,
    ) -> None:
        self.layout = Layout(root)
        self.name = name or root.name
        self.kind: StudyKind = kind
        self.store_address = store_address or str(self.layout.root.parent)

    @property
    def address(self) -> str:
        return str(self.layout.root)

    is_durable = True

    def exists(self) -> bool:
        """Return whether there is a journal; a folder that cannot be listed counts as a study."""
        try:
            self.layout.journal.lstat()
        except PermissionError:
            return True
        except OSError:
            return False
        return True

    def on_wait(self, notify: Callable[[str], None]) -> None:
        """Say nothing: a disk answers or fails."""

    def stop_waiting(self) -> None:
        """Nothing waits."""

    def lease(self) -> FolderLease:
        return FolderLease(self.layout, self.name)

    def may_write(self) -> bool:
        """Only the end of this process frees the lease."""
        return True

    def journal(self, *, writable: bool) -> FolderJournal:
        return FolderJournal(self.layout.journal, writable=writable)

    def journal_mark(self) -> str:
        with self.layout.journal.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()

    def replace_journal(self, data: bytes) -> str:
        """Replace the journal's lines; return the name of the copy beside it."""
        journal = self.layout.journal
        copy = journal.with_name(f"{journal.name}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S}")
        try:
            write_file(copy, journal.read_bytes())
            write_file(journal, data)
        except OSError as error:
            raise SearchFailed(faults.journal_unwritable(str(journal), str(error))) from None
        return copy.name

    def has(self, document: str) -> bool:
        return self.layout.document(document).is_file()

    def read(self, document: str) -> bytes | None:
        try:
            return self.layout.document(document).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, document: str, data: bytes) -> None:
        file = self.layout.document(document)
        try:
            self.layout.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_file(file, data)
        except OSError as error:
            raise UserError(folder_unwritable(file.parent, str(error))) from None

    def documents(self, folder: str) -> list[str]:
        """Return the documents in a folder; a name that starts with a dot is being written."""
        found = self.layout.document(folder)
        if not found.is_dir():
            return []
        files = (file.name for file in found.iterdir() if file.is_file())
        return sorted(f"{folder}/{name}" for name in files if not name.startswith("."))

    def discard(self, document: str) -> None:
        self.layout.document(document).unlink(missing_ok=True)

    def locate(self, document: str) -> str:
        return str(self.layout.document(document))

    @property
    def checkpoints(self) -> FolderCheckpoints:
        return FolderCheckpoints(self.layout)

    @property
    def artifacts(self) -> FolderArtifacts:
        return FolderArtifacts(self.layout)

    def logs(self, privacy: Privacy) -> FolderLogs:
        return FolderLogs(self.layout, privacy)

    def part(self, kind: StudyPart) -> "FolderStudy":
        return self._part(self.layout.part(kind), kind)

    def confirmations(self) -> list[StudyStore]:
        return [self._part(root, "confirmation") for root in self.layout.confirmations()]

    def archive(self) -> None:
        """Rename the folder, unless it holds only the lease."""
        root = self.layout.root
        lease = {self.layout.lock, self.layout.lock_owner}
        try:
            if root.exists() and set(root.iterdir()) - lease:
                taken = {other.name for other in root.parent.iterdir()}
                root.rename(root.with_name(archive_name(root.name, taken.__contains__)))
        except OSError as error:
            raise UserError(folder_unwritable(root, str(error))) from None

    def reset(self) -> None:
        for name in (documents.JOURNAL, *documents.OF_A_RUN):
            self.discard(name)
        for folder in (self.layout.trials, self.layout.logs):
            shutil.rmtree(folder, ignore_errors=True)

    def remove_unstarted(self) -> None:
        """Remove our own files, then the folder if it is empty."""
        if self.exists():
            return
        own = (*documents.OF_A_RUN, documents.CONTENDERS)
        files = [self.layout.document(name) for name in own]
        with suppress(OSError):  # a read-only folder
            for file in (*files, self.layout.lock, self.layout.lock_owner):
                file.unlink(missing_ok=True)
            suggestions = self.layout.document(documents.SUGGESTIONS)
            remove_import_logs(self.layout.logs)
            for folder in (suggestions, self.layout.root):
                if folder.is_dir():
                    folder.rmdir()

    def check_removable(self) -> None:
        root = self.layout.root
        if root.is_symlink():
            target = root.resolve()
            raise UserError(faults.study_is_link(str(root), target.name, str(target.parent)))
        if root.exists() and not self.exists():
            raise UserError(faults.folder_without_study(str(root)))

    def remove(self) -> None:
        """Remove the folder, renamed first; links in it are removed, not followed."""
        root, removed = self.layout.root, self.layout.removed
        try:
            if removed.exists():
                shutil.rmtree(removed)
            if root.exists():
                root.rename(removed)
            while removed.exists():
                with suppress(FileNotFoundError):  # large checkpoints are being deleted already
                    shutil.rmtree(removed)
        except OSError as error:
            raise HpsearchError(faults.removal_unfinished(self.name, str(error))) from None

    def unfinished_removal(self) -> str | None:
        return str(self.layout.removed) if self.layout.removed.exists() else None

    def size(self) -> int:
        """Return the bytes of the files; links are not followed."""
        root = self.layout.root if self.layout.root.exists() else self.layout.removed
        return folder_size(root)

    def export_folder(self, number: int) -> Path:
        return self.layout.export(number)

    def exports(self) -> list[str]:
        return sorted(folder.name for folder in self.layout.exports.glob("*"))

    def _part(self, root: Path, kind: StudyKind) -> "FolderStudy":
        return FolderStudy(root, name=self.name, kind=kind, store_address=self.store_address)
