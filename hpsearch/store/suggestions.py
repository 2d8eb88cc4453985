"""Suggestions that wait for a driver: a small document each, until its trial is in the journal.

Only the driver writes the journal; anybody may write a document at any time.
"""

import json
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import PurePosixPath

from hpsearch.common.trial import Value
from hpsearch.experiment import Suggestion
from hpsearch.store import documents
from hpsearch.store.port import StudyStore


def add_suggestion(store: StudyStore, params: Mapping[str, Value]) -> Suggestion:
    """Write a suggestion; its id sorts it after earlier ones."""
    suggestion = Suggestion(f"{time.time_ns():020d}-{secrets.token_hex(4)}", params)
    data = json.dumps({"params": dict(params)}).encode()
    store.write(documents.suggestion(suggestion.id), data)
    return suggestion


def suggestion_ids(store: StudyStore) -> list[str]:
    """Return the ids of the waiting suggestions, the earliest first; raises OSError."""
    found = map(PurePosixPath, store.documents(documents.SUGGESTIONS))
    return [file.stem for file in found if file.suffix == ".json"]


def read_suggestion(store: StudyStore, id: str) -> Suggestion | None:
    """Return a suggestion; None if it is gone or not valid."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        params = json.loads(store.read(documents.suggestion(id)) or b"")["params"]
        if isinstance(params, dict):
            return Suggestion(id, params)
    return None


def waiting_suggestions(store: StudyStore) -> list[Suggestion]:
    """Return the suggestions that wait for a driver, the earliest first; none if unreadable."""
    ids: list[str] = []
    with suppress(OSError):
        ids = suggestion_ids(store)
    return [one for one in (read_suggestion(store, id) for id in ids) if one is not None]
