"""MLflow's active runs: those that a trial leaves open are ended with it.

Else the next trial in this process would record into them. MLflow is never imported here.
"""

import sys
from contextlib import suppress
from typing import Literal

Status = Literal["FINISHED", "KILLED", "FAILED"]

MOST_RUNS = 100
"""More are not nested in each other."""


class OpenRuns:
    """The run that is active in this thread before a trial begins; it stays active."""

    def __init__(self) -> None:
        self._before = _active()

    def end(self, status: Status) -> None:
        """End the runs that this thread has begun since, the innermost first."""
        for _ in range(MOST_RUNS):
            if _active() in (None, self._before):
                return
            with suppress(Exception):  # its server is away; the run is no longer active anyway
                sys.modules["mlflow"].end_run(status)


def _active() -> str | None:
    """Return the id of this thread's active run, None if it has none."""
    active_run = getattr(sys.modules.get("mlflow"), "active_run", None)
    run = active_run() if active_run is not None else None
    return run.info.run_id if run is not None else None
