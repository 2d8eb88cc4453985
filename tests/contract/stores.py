"""The stores that the contract runs on. A new store joins by one more opener."""

from collections.abc import Callable
from pathlib import Path

from hpsearch.store import Store
from hpsearch.store.folder import FolderStore
from hpsearch.store.memory import MemoryStore

Open = Callable[[], Store]
"""Opens the same store each time, as another driver or reader would."""


def folder(path: Path) -> Open:
    return lambda: FolderStore(path / "studies")


def memory(path: Path) -> Open:
    store = MemoryStore()
    return lambda: store


OPENERS: dict[str, Callable[[Path], Open]] = {"folder": folder, "memory": memory}
