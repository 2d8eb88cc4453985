"""Names the line of a journal that Optuna cannot read: written by another program or version."""

from collections.abc import Iterator
from contextlib import contextmanager

import optuna
from optuna.storages.journal._storage import JournalStorageReplayResult

from hpsearch.common.errors import HpsearchError, UserError
from hpsearch.store import StudyStore
from hpsearch.strategies import faults
from hpsearch.strategies.journal_format import read_lines


@contextmanager
def replay_faults(store: StudyStore) -> Iterator[None]:
    """Inside `with`, raise UserError with the line if Optuna cannot read a record."""
    try:
        yield
    except HpsearchError:
        raise
    except Exception:
        _refuse_unreadable(store)
        raise


def _refuse_unreadable(store: StudyStore) -> None:
    replay = JournalStorageReplayResult("")
    journal = store.journal(writable=False)
    for number, (_, log) in enumerate(read_lines(journal.read()), start=1):
        try:
            replay.apply_logs([log] if log else [])
        except Exception as error:
            kind = (log or {}).get("op_code")
            is_known = kind in range(10)
            problem = f"{type(error).__name__}: {error}" if is_known else f"its kind is {kind!r}"
            version = optuna.__version__
            raise UserError(
                faults.record_unreadable(journal.address, number, problem, version)
            ) from None
