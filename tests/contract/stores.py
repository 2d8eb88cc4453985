"""The stores that the contract runs on. A new store joins by one more opener."""

from collections.abc import Callable
from pathlib import Path

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
    objects = MemoryObjects()
    return lambda: BucketStore(Connection("s3://in-memory/studies", objects), TERM)


def in_s3(address: str) -> Open:
    return lambda: BucketStore(connect(address), TERM)


TERM = Term(seconds=5.0, renew=0.1)
"""A driver that holds a lease is known by its next renewal."""

OPENERS: dict[str, Callable[[Path], Open]] = {"folder": folder, "bucket": bucket, "memory": memory}
