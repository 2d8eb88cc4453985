"""When trials were recorded in MLflow's store, seen from outside while it is being written."""

import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path


class Recording:
    """Waits for so many ended runs; None: for nothing. hpsearch's parent run is the last to end."""

    def __init__(self, store: Path, trials: int | None) -> None:
        self._store = store
        self._trials = trials
        self.moment: float | None = None
        """When there were so many, in seconds of the wall clock."""

    def look(self) -> None:
        """Look once; while the store is locked there is nothing to be seen."""
        if self._trials is None or self.moment is not None or not self._store.exists():
            return
        with suppress(sqlite3.OperationalError):
            if self._ended() >= self._trials:
                self.moment = time.time()

    def _ended(self) -> int:
        address = f"file:{self._store}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=0)) as store:
            (ended,) = store.execute(
                "select count(*) from runs where end_time is not null"
            ).fetchone()
        return int(ended)
