"""Where studies live: a folder, or this process's memory; both behind the port of `port.py`.

    port.py        what every store promises
    documents.py   the names of what a study consists of
    manifest.py    a checkpoint as files with their hashes
    folder/        files on this machine, or on a disk that several share
    memory/        nothing on disk: for tests, and for a search that nobody resumes

Nobody but a store asks a folder anything.
"""

import os
import re
from pathlib import Path
from typing import TypeGuard

from hpsearch.common.errors import UserError
from hpsearch.store import faults
from hpsearch.store.port import JournalLog, Kind, Lease, Logs, Store, StudyStore

__all__ = [
    "STUDIES",
    "STUDIES_VARIABLE",
    "JournalLog",
    "Kind",
    "Lease",
    "Logs",
    "Store",
    "Studies",
    "StudyStore",
    "default_studies",
    "find_study",
    "is_folder",
    "open_store",
]

STUDIES = "studies"
"""The folder of the studies, in the current one, if nobody names another address."""

MEMORY = "memory:"
SCHEME = re.compile(r"[a-z][a-z0-9+.-]+:/", re.I)

Studies = str | Path | Store
"""The address of a store, or a store."""


STUDIES_VARIABLE = "HPSEARCH_STUDIES"
"""The environment's variable that names another place."""


def default_studies() -> str:
    """Return where studies are kept if nobody says where."""
    return os.environ.get(STUDIES_VARIABLE) or STUDIES


def is_folder(studies: Studies) -> TypeGuard[str | Path]:
    """Return whether this is the address of a folder, not a URI and not a store."""
    return isinstance(studies, str | Path) and not (
        str(studies).startswith(MEMORY) or SCHEME.match(str(studies))
    )


def open_store(studies: Studies) -> Store:
    """Return the store at an address: a folder, or `memory://…`, which is a new one each time.

    A store is returned as it is. Raises UserError if there are no stores of that kind.
    """
    if isinstance(studies, Store):
        return studies
    if not isinstance(studies, str | Path):
        raise UserError(faults.store_unknown(studies))
    address = str(studies)
    if address.startswith(MEMORY):
        from hpsearch.store.memory import MemoryStore

        return MemoryStore()
    if SCHEME.match(address):
        raise UserError(faults.store_unknown(address))
    from hpsearch.store.folder import FolderStore

    return FolderStore(Path(studies))


def find_study(studies: Studies, name: str) -> StudyStore:
    """Return a study that was begun; raises UserError if there is none of that name."""
    store = open_store(studies)
    study = store.study(name)
    if not study.exists():
        raise UserError(faults.study_missing(name, store.address, store.names()))
    return study
