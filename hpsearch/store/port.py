"""What every store promises, as protocols. `tests/contract/test_stores.py` runs on each of them."""

from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Literal, Protocol, runtime_checkable

from hpsearch.common.checkpoints import Artifacts, Checkpoints
from hpsearch.common.privacy import Privacy

Kind = Literal["search", "confirmation", "final"]
"""What a study is: a search, its best trials trained again, or the winner's final training."""

Part = Literal["confirmation", "final"]


class Lease(Protocol):
    """The right to drive a study, one driver at a time; held inside `with`."""

    def __enter__(self) -> None:
        """Take it; raises UserError if another driver holds it, or it cannot be written."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give it back. When its process dies, it is free as well."""

    def is_held(self) -> bool:
        """Return whether any driver holds it now."""


class JournalLog(Protocol):
    """A study's journal as bytes: lines that are appended, and never changed."""

    @property
    def address(self) -> str:
        """Where it is, for people."""

    def read(self) -> bytes:
        """Return the whole lines appended since the last call; a line without its end waits."""

    def others(self) -> bytes:
        """Return what another program appended since our last line, whole lines.

        Raises SearchFailed if it is amid a line: what we append would be glued to it.
        """

    def append(self, data: bytes) -> None:
        """Append lines, all or none of them; raises SearchFailed if the store refuses them."""

    def flush(self) -> None:
        """Return when all that was appended is durable; raises SearchFailed if it is not."""

    def close(self) -> None:
        """Close it; nothing is lost, with or without this."""


class Logs(Protocol):
    """What the attempts of one study's trials print."""

    @property
    def local(self) -> Path | None:
        """The folder in which a worker of this machine writes logs itself; None if it cannot."""

    def begin(self, number: int, attempt: int) -> str:
        """Make the file of an attempt that begins, and return where it is, "" if nowhere."""

    def end(self, number: int, attempt: int, *, output: bytes = b"", died: bool = False) -> None:
        """Keep what an attempt brought with its end, or wrote before its process `died`."""

    def read(self, number: int, attempt: int) -> bytes:
        """Return an attempt's log as it is now; nothing if there is none."""

    def tail(self, number: int, attempt: int) -> str:
        """Return the last lines of an attempt without their times, or nothing."""

    def attempts(self, number: int) -> list[int]:
        """Return the attempts of a trial of which something is kept, ascending."""

    def is_being_written(self, number: int, attempt: int) -> bool:
        """Return whether a worker writes to it at this moment."""

    def locate(self, number: int, attempt: int) -> str:
        """Return where the log is or would be, for people."""

    def folder(self, number: int) -> AbstractContextManager[Path | None]:
        """Give a local folder with the trial's logs, to be read inside `with`; None if none."""


class StudyStore(Protocol):
    """One study, begun or not. Documents are named in `documents.py`."""

    @property
    def name(self) -> str:
        """The study's name; a confirmation has that of its search."""

    @property
    def kind(self) -> Kind: ...

    @property
    def address(self) -> str:
        """Where it is, for people."""

    @property
    def place(self) -> str:
        """The address of the store that it is in."""

    @property
    def is_durable(self) -> bool:
        """Whether it outlives this process, and others find it by its address."""

    def exists(self) -> bool:
        """Return whether it was begun: there is a journal."""

    def lease(self) -> Lease:
        """Return the lease that whoever changes the study must hold; see `Lease`."""

    def journal(self, *, writable: bool) -> JournalLog:
        """Open the journal; if `writable`, begin it or cut off a half line of a killed driver.

        Raises SearchFailed if it cannot be written.
        """

    def replace_journal(self, data: bytes) -> str:
        """Put these lines in place of the journal's, at once; return the name of the copy kept."""

    def has(self, document: str) -> bool:
        """Return whether the document is there."""

    def read(self, document: str) -> bytes | None:
        """Return a document, or None; raises OSError if it cannot be read."""

    def write(self, document: str, data: bytes) -> None:
        """Write a document, whole and durable; raises UserError if it cannot be written."""

    def documents(self, folder: str) -> list[str]:
        """Return the names of the whole documents in a folder, sorted; raises OSError."""

    def discard(self, document: str) -> None:
        """Remove a document, if it is there; raises OSError if it cannot be removed."""

    def locate(self, document: str) -> str:
        """Return where a document is or would be, for people."""

    @property
    def checkpoints(self) -> Checkpoints: ...

    @property
    def artifacts(self) -> Artifacts: ...

    def logs(self, privacy: Privacy) -> Logs:
        """Return what attempts print; what `privacy` hides does not stay in it."""

    def part(self, kind: Part) -> "StudyStore":
        """Return the confirmation of a search, or the final training of a confirmation."""

    def confirmations(self) -> "list[StudyStore]":
        """Return the confirmation, if it was begun, and those that were set aside."""

    def set_aside(self) -> None:
        """Give it a new name, so that its own is free; nothing of it is lost."""

    def begin_anew(self) -> None:
        """Remove journal, experiment, identity and trials; the lease stays held."""

    def forget(self) -> None:
        """Remove what bad input left of a study in which no search ever began."""

    def check_removable(self) -> None:
        """Raise UserError if something of that name is there that is not ours to remove."""

    def remove(self) -> None:
        """Remove it, and what a killed removal left; the lease is held.

        In two steps: a kill leaves no half study that `run` would resume. Raises HpsearchError.
        """

    def leftover(self) -> str | None:
        """Return the address of what a killed removal left; None if nothing."""

    def size(self) -> int:
        """Return its bytes, or those of the leftover if it is gone."""

    def export_folder(self, number: int) -> Path:
        """Return the local folder that a trial's model is exported to by default."""

    def exports(self) -> list[str]:
        """Return the names of the exports that would be removed with it."""


@runtime_checkable
class Store(Protocol):
    """A place of studies."""

    @property
    def address(self) -> str: ...

    def names(self) -> list[str]:
        """Return the names of the studies that were begun, sorted."""

    def study(self, name: str) -> StudyStore:
        """Return the study of that name, begun or not.

        Raises UserError if no study can have that name.
        """
