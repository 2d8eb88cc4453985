"""The stores that the contract runs on. A new store joins by one more opener."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from obstore.store import MemoryStore as MemoryObjects

from hpsearch.store import Store
from hpsearch.store.bucket import BucketStore, Connection, Term, connect
from hpsearch.store.folder import FolderStore
from hpsearch.store.memory import MemoryStore

Open = Callable[[], Store]
"""Opens the same store each time, as another driver or reader would."""


def folder(path: Path) -> Open:
    return lambda: FolderStore(path / "studies")


def memory(path: Path) -> Open:
    store = MemoryStore()
    return lambda: store


def bucket(path: Path) -> Open:
    """All but the network: obstore's objects in memory, with conditional writes."""
    connection = InMemory(f"s3://in-memory{path}", MemoryObjects())
    return lambda: BucketStore(connection, TERM)


class InMemory(Connection):
    """A connection that reaches the same objects when it was pickled."""

    known: ClassVar[dict[str, Connection]] = {}

    def __reduce__(self) -> Any:
        self.known[self.address] = self
        return reached, (self.address,)


def in_s3(address: str) -> Open:
    return lambda: BucketStore(connect(address), TERM)


TERM = Term(seconds=5.0, renew=0.1)
"""A driver that holds a lease is known by its next renewal."""

OPENERS: dict[str, Callable[[Path], Open]] = {"folder": folder, "bucket": bucket, "memory": memory}


def reached(address: str) -> Connection:
    return InMemory.known[address]
