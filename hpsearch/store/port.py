"""What every store promises, as protocols; `tests/contract/test_stores.py` runs on each store.

The parts of a study have protocols of their own: `lease.py`, `journal.py`, `logs.py`, and
`common/checkpoints.py`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from hpsearch.common.checkpoints import Artifacts, Checkpoints
from hpsearch.common.privacy import Privacy
from hpsearch.store.journal import JournalLog
from hpsearch.store.lease import Lease
from hpsearch.store.logs import Logs

StudyKind = Literal["search", "confirmation", "final"]
"""What a study is: a search, its best trials trained again, or the winner's final training."""

StudyPart = Literal["confirmation", "final"]
"""The kinds that live inside another study."""


class StudyStore(Protocol):
    """One study, started or not. Documents are named in `documents.py`."""

    @property
    def name(self) -> str:
        """The study's name; a confirmation has that of its search."""

    @property
    def kind(self) -> StudyKind:
        """Whether it is a search or a part of one."""

    @property
    def address(self) -> str:
        """Where it is, for people."""

    @property
    def store_address(self) -> str:
        """The address of the store that it is in."""

    @property
    def is_durable(self) -> bool:
        """Whether it outlives this process, so that others can open it by its address."""

    def exists(self) -> bool:
        """Return whether it was started, that is, whether it has a journal."""

    def on_wait(self, notify: Callable[[str], None]) -> None:
        """Say there, once, for what it waits: a store that does not answer, a lease."""

    def stop_waiting(self) -> None:
        """Wait no longer, in any thread, for a store that does not answer."""

    def lease(self) -> Lease:
        """Return the lease, which anything that changes the study must hold."""

    def may_write(self) -> bool:
        """Return whether no other driver can have taken the lease since this process took it.

        For what is written elsewhere; the study's own writes are refused without the lease.
        """

    def journal(self, *, writable: bool) -> JournalLog:
        """Open the journal; if `writable`, begin it, or cut off the half line of a killed driver.

        Raises SearchFailed if it cannot be written.
        """

    def journal_mark(self) -> str:
        """Return what tells the journal, as it is now, from what it was or will be.

        It takes a fraction of the time to understand the journal. Raises OSError if there is none.
        """

    def replace_journal(self, data: bytes) -> str:
        """Replace the journal's lines, atomically; return the name of the copy of the old ones."""

    def has(self, document: str) -> bool:
        """Return whether the document exists."""

    def read(self, document: str) -> bytes | None:
        """Return a document, or None; raises OSError if it cannot be read."""

    def write(self, document: str, data: bytes) -> None:
        """Write a document, atomically and durably; raises UserError if it cannot be written."""

    def documents(self, folder: str) -> list[str]:
        """Return the names of the complete documents in a folder, sorted; raises OSError."""

    def discard(self, document: str) -> None:
        """Remove a document if it exists; raises OSError if it cannot be removed."""

    def locate(self, document: str) -> str:
        """Return where a document is or would be, for people."""

    @property
    def checkpoints(self) -> Checkpoints: ...

    @property
    def artifacts(self) -> Artifacts: ...

    def logs(self, privacy: Privacy) -> Logs:
        """Return what attempts print, without what `privacy` hides."""

    def part(self, kind: StudyPart) -> "StudyStore":
        """Return the confirmation of a search, or the final training of a confirmation."""

    def confirmations(self) -> "list[StudyStore]":
        """Return the confirmation, if it was started, and those that were archived."""

    def archive(self) -> None:
        """Rename it, so that its name is free; nothing of it is lost."""

    def reset(self) -> None:
        """Remove journal, experiment, identity and trials; the caller keeps the lease."""

    def remove_unstarted(self) -> None:
        """Remove what bad input left of a study in which no search ever began."""

    def check_removable(self) -> None:
        """Raise UserError if there is something of that name that hpsearch must not remove."""

    def remove(self) -> None:
        """Remove it, and the rest of a killed removal; the caller holds the lease.

        In two steps: a kill leaves no half study that `run` would resume. Raises HpsearchError.
        """

    def unfinished_removal(self) -> str | None:
        """Return the address of the rest of a killed removal; None if there is none."""

    def size(self) -> int:
        """Return its bytes; if it is gone, those of the rest of a killed removal."""

    def export_folder(self, number: int) -> Path:
        """Return the local folder that a trial's model is exported to by default."""

    def exports(self) -> list[str]:
        """Return the names of the exports that would be removed with it."""


@runtime_checkable
class Store(Protocol):
    """Where studies live."""

    @property
    def address(self) -> str: ...

    def names(self) -> list[str]:
        """Return the names of the studies that were started, sorted."""

    def study(self, name: str) -> StudyStore:
        """Return the study of that name, started or not.

        Raises UserError if no study can have that name.
        """
