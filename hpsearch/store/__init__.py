"""Where studies live: a folder, a bucket, or this process's memory. Other rooms import from here.

    port.py                       what every store promises; lease.py, journal.py, logs.py its parts
    documents.py                  the names of what a study consists of; a module to import from
    sent_logs.py                  logs of a store that no worker writes to
    manifest.py                   what makes files a checkpoint: its step, and their hashes
    folder/                       files on this machine, or on a disk that several machines share
    bucket/                       objects of S3, Google Cloud Storage, Azure, and what is like them
    memory/                       nothing on disk: for tests, and for a search that nobody resumes

The `open_address` of a room of `SCHEMES` opens its stores. The names of `_MODULES` load the
experiment's schema, so they are imported when they are first used.
"""

import os
import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

from hpsearch.common.errors import Fault, UserError
from hpsearch.common.files import is_path
from hpsearch.common.lazy import lazy_names
from hpsearch.store import faults
from hpsearch.store.faults import folder_unwritable, study_incomplete, study_missing
from hpsearch.store.journal import JournalLog
from hpsearch.store.lease import Lease
from hpsearch.store.local import local_folder
from hpsearch.store.logs import Logs
from hpsearch.store.port import Store, StudyKind, StudyStore

if TYPE_CHECKING:
    from hpsearch.store.suggestions import add_suggestion, waiting_suggestions

__all__ = [
    "SCHEMES",
    "STUDIES",
    "STUDIES_VARIABLE",
    "JournalLog",
    "Lease",
    "Logs",
    "Store",
    "Studies",
    "StudyKind",
    "StudyStore",
    "add_suggestion",
    "default_studies",
    "find_study",
    "folder_unwritable",
    "is_folder",
    "local_folder",
    "open_store",
    "place_faults",
    "study_incomplete",
    "study_missing",
    "waiting_suggestions",
]

_MODULES = {
    "suggestions": ("add_suggestion", "waiting_suggestions"),
}

STUDIES = "studies"
"""The folder of the studies, in the current one, if nobody names another address."""

STUDIES_VARIABLE = "HPSEARCH_STUDIES"
"""The environment variable that names another place."""

Studies = str | Path | Store
"""The address of a store, or a store."""

SCHEMES = {"s3": "bucket", "gs": "bucket", "az": "bucket", "memory": "memory"}
"""What an address begins with, and the room that opens it."""

ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+):(/.*)?", re.I | re.S)


def default_studies() -> str:
    """Return where studies are kept by default: as the environment says, or in `studies`."""
    return os.environ.get(STUDIES_VARIABLE) or STUDIES


def is_folder(studies: Studies) -> TypeGuard[str | Path]:
    """Return whether this is the address of a folder, not a URI and not a store."""
    return isinstance(studies, str | Path) and _scheme(str(studies)) is None


def open_store(studies: Studies) -> Store:
    """Return the store at an address: a folder, a bucket, or a new one in memory for `memory://`.

    A store is returned as it is. Raises UserError if there are no stores of that kind.
    """
    if isinstance(studies, Store):
        return studies
    if not is_path(studies) or studies == "":
        raise UserError(faults.store_unknown(studies))
    address = str(studies)
    scheme = _scheme(address)
    if scheme is None:
        from hpsearch.store.folder import FolderStore

        return FolderStore(Path(studies))
    room = SCHEMES.get(scheme.lower())
    if room is None:
        raise UserError(faults.store_unknown(address))
    store: Store = import_module(f"{__name__}.{room}").open_address(address)
    return store


def place_faults(studies: Studies) -> list[Fault]:
    """Return why no folder can be made at an address: something else is there, or above it."""
    if not is_folder(studies):
        return []
    path = Path(studies).absolute()
    there = next(one for one in (path, *path.parents) if os.path.lexists(one))
    return [] if there.is_dir() else [folder_unwritable(path, f"{there} is no folder")]


def find_study(studies: Studies, name: str) -> StudyStore:
    """Return a study that was started; raises UserError if there is none of that name."""
    store = open_store(studies)
    study = store.study(name)
    if not study.exists():
        raise UserError(study_missing(name, store.address, store.names()))
    return study


def _scheme(address: str) -> str | None:
    """Return the scheme of a URI, None of a folder; a `Path` turns `memory://` into `memory:`."""
    match = ADDRESS.fullmatch(address)
    is_uri = match is not None and (match[2] or match[1].lower() in SCHEMES)
    return match[1] if match is not None and is_uri else None


__getattr__ = lazy_names(__name__, _MODULES)
