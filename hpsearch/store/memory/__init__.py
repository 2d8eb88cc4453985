"""Studies in this process's memory: for tests, and for a search that nobody resumes."""

from hpsearch.common.errors import UserError
from hpsearch.common.names import STUDY_NAME
from hpsearch.store import faults
from hpsearch.store.memory.study import ADDRESS, Contents, MemoryStudy

__all__ = ["MemoryStore", "MemoryStudy", "open_address"]


def open_address(address: str) -> "MemoryStore":
    """Return a new store each time; raises UserError if the address names a path in it."""
    if address.rstrip("/") != "memory:":
        raise UserError(faults.store_unknown(address))
    return MemoryStore()


class MemoryStore:
    """See `port.Store`. Gone with the last reference to it."""

    address = ADDRESS

    def __init__(self) -> None:
        self._contents = Contents()

    def names(self) -> list[str]:
        names = sorted(self._contents.files.names())
        return [name for name in names if MemoryStudy(self._contents, name).exists()]

    def study(self, name: str) -> MemoryStudy:
        if STUDY_NAME.fullmatch(name) is None:
            raise UserError(faults.study_missing(name, self.address, self.names()))
        return MemoryStudy(self._contents, name)
