"""What trainables are told that record in MLflow, too: where it is, and which run is theirs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from hpsearch.common.trial import TrialRecord
from hpsearch.tracking.pending import Entry
from hpsearch.tracking.writer import Writer

if TYPE_CHECKING:
    from hpsearch.tracking.runs import Runs

RUN_SECONDS = 60.0
"""How long a trainable waits for the id of its trial's run."""


class MlflowTracking:
    """See `ports.Tracking`."""

    def __init__(self, uri: str, experiment: str, runs: Runs, writer: Writer) -> None:
        """`experiment` is the name of the one in MLflow."""
        self._uri = uri
        self._experiment = experiment
        self._runs = runs
        self._writer = writer

    def environment(self, record: TrialRecord) -> Mapping[str, str | None]:
        """See `Tracking.environment`. The experiment's name also serves on another server."""
        from hpsearch.tracking.connection import from_anywhere

        return {
            "MLFLOW_TRACKING_URI": from_anywhere(self._uri),
            "MLFLOW_EXPERIMENT_NAME": self._experiment,
            "MLFLOW_EXPERIMENT_ID": None,
            "MLFLOW_RUN_ID": None,
            "MLFLOW_RUN_CONTEXT": self._runs.nested.context(record),
        }

    def find_run(self, record: TrialRecord, found: Callable[[str | None], None]) -> None:
        """See `Tracking.find_run`; None if MLflow does not have it within `RUN_SECONDS`."""
        self._writer.add(Entry(record))
        number = record.number

        def find() -> None:
            run_id = None
            with suppress(Exception):
                if self._writer.wait_for(number, RUN_SECONDS):
                    run_id = self._runs.share(number)
            found(run_id)

        threading.Thread(target=find, name="hpsearch-mlflow-run", daemon=True).start()
