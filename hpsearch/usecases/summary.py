"""A study without its trials, as `ls` shows it, kept beside the journal: `ls` need not read that.

The driver keeps it at its end, and `ls` if it had to read a journal, as of a study whose driver was
killed, or that another version made. It follows from the journal and two documents, and counts only
as long as all three are what they were then.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from hpsearch import __version__
from hpsearch.common.errors import HpsearchError
from hpsearch.store import Studies, StudyStore, open_store
from hpsearch.store.documents import EXPERIMENT, IDENTITY, SUMMARY
from hpsearch.usecases.data import study_facts, summary_data
from hpsearch.usecases.view import Standing, StudyHandle, StudyView, UnreadableStudy, look_at

if TYPE_CHECKING:
    from hpsearch.strategies import OptunaStudy


@dataclass(frozen=True)
class StudySummary:
    """A study without its trials; `facts` are those of `data.study_facts`."""

    store: StudyStore
    standing: Standing
    facts: Mapping[str, Any]

    @classmethod
    def of(cls, view: StudyView) -> "StudySummary":
        """Return that of a study that was read."""
        return cls(view.store, view.standing, study_facts(view))

    def as_data(self) -> dict[str, Any]:
        """Return it as `--json` prints it."""
        return summary_data(self.store, self.standing, self.facts)


def summaries(studies: Studies) -> "list[StudySummary | UnreadableStudy]":
    """Return the studies of a store, by name; one that cannot be read hides no other."""
    store = open_store(studies)
    return [_summary_or_fault(store.study(name)) for name in store.names()]


def _summary_or_fault(store: StudyStore) -> StudySummary | UnreadableStudy:
    try:
        return kept_summary(store) or StudySummary.of(_read(store))
    except HpsearchError as error:
        return UnreadableStudy(store, error.faults[0])


def kept_summary(store: StudyStore) -> StudySummary | None:
    """Return the summary that is kept; None if there is none, or it is not of this journal."""
    with suppress(OSError, HpsearchError, ValueError, KeyError, TypeError):
        kept = json.loads(store.read(SUMMARY) or b"")
        if kept["of"] == _mark(store, store.journal_mark()):
            standing: Standing = "running" if store.lease().is_held() else kept["standing"]
            return StudySummary(store, standing, kept["facts"])
    return None


def keep_summary(handle: StudyHandle, study: "OptunaStudy") -> None:
    """Keep the summary of a search at its end; the driver holds the lease, its journal is open."""
    mark = study.journal_mark()
    if mark is not None:
        seen = StudyView.of(handle, study.all_records(), running=False)
        _keep(seen, mark)


def refresh_summary(store: StudyStore) -> None:
    """Keep the summary of a study that is read for it, if the one there is another's."""
    if kept_summary(store) is None:
        with suppress(OSError, HpsearchError):
            _read(store)


def _read(store: StudyStore) -> StudyView:
    """Read a study, and keep its summary unless its journal was changed or removed meanwhile."""
    mark = _journal_mark(store)
    view = look_at(store)
    if mark is not None and mark == _journal_mark(store):
        _keep(view, mark)
    return view


def _journal_mark(store: StudyStore) -> str | None:
    with suppress(OSError, HpsearchError):
        return store.journal_mark()
    return None


def _keep(view: StudyView, journal: str) -> None:
    """Write the summary; without it, all is there, and `ls` takes longer."""
    with suppress(OSError, HpsearchError):
        standing = StudyView.of(view, view.records, running=False).standing
        kept = {"of": _mark(view.store, journal), "standing": standing, "facts": study_facts(view)}
        view.store.write(SUMMARY, json.dumps(kept).encode())


def _mark(store: StudyStore, journal: str) -> str:
    """Return what a summary follows from: hpsearch, the journal's mark, and both documents."""
    parts = [__version__.encode(), journal.encode()]
    parts += [store.read(name) or b"" for name in (EXPERIMENT, IDENTITY)]
    return sha256(b"\0".join(parts)).hexdigest()
