"""The recorder as the search sees it: a listener that never waits, and its calls at both ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from hpsearch.common.errors import HpsearchError, SearchFailed, UserError
from hpsearch.common.garbage import uncollected
from hpsearch.common.redaction import problem, redacted
from hpsearch.tracking import faults
from hpsearch.tracking.mlflow_tracking import MlflowTracking
from hpsearch.tracking.study_card import ArtifactFolder, Candidate, StudyCard, no_artifacts
from hpsearch.tracking.writer import Writer
from hpsearch.tracking.writing_listener import WritingListener

if TYPE_CHECKING:
    from hpsearch.tracking.registry import Version
    from hpsearch.tracking.runs import Runs

PUBLISH_SECONDS = 60.0
"""How long `publish` waits for its trial to be recorded."""
SHOW_SECONDS = 60.0
"""How long the report may take to reach MLflow: a few megabytes, and the wait for a SQLite file
that other searches write too."""
END_SECONDS = 25.0
"""How long ending the parent run may take, after all trials are recorded. MLflow alone waits 20 s
for a SQLite file that others write."""


class MlflowRecorder(WritingListener):
    """See `port.Recorder`. First `open`; then `sync` if the study has trials already."""

    name = "MLflow"

    def __init__(
        self,
        uri: str | None,
        card: StudyCard,
        artifacts: ArtifactFolder = no_artifacts,
        *,
        logs: ArtifactFolder = no_artifacts,
        notify: Callable[[str], None] = lambda text: None,
        may_write: Callable[[], bool] = lambda: True,
        verbose: bool = False,
    ) -> None:
        """`uri` None: MLflow's own choice. `artifacts` gives a trial's folder of files for people,
        `logs` the folder of what it printed.

        `notify` is told, from another thread, when MLflow fails, is slow or works again; `verbose`
        lets MLflow print and log. While `may_write` returns False, another driver may have the
        study, and nothing is recorded. Nothing is imported, read or written before `open`.
        """
        super().__init__(Writer(self.name, notify, may_write))
        self._uri = uri
        self._card = card
        self._artifacts = artifacts
        self._logs = logs
        self._verbose = verbose
        self._runs: Runs | None = None
        self._notify = notify
        self._may_write = may_write
        self._to_show: tuple[Mapping[str, bytes], str] | None = None
        self._own_settings = ExitStack()

    @staticmethod
    def load() -> None:
        """Import MLflow, for an `open` to come."""
        with uncollected():
            import hpsearch.tracking.runs
            import hpsearch.tracking.settings  # noqa: F401

    def open(self) -> None:
        """Import MLflow, reach its store, find or create experiment and parent run.

        Takes 3 s for a new SQLite file, besides the import. Raises UserError if MLflow cannot
        record there, after about 15 seconds for a server.
        """
        from hpsearch.tracking.settings import own_settings

        with ExitStack() as undo:
            undo.enter_context(own_settings(verbose=self._verbose))
            self._open()
            self._own_settings = undo.pop_all()

    def _open(self) -> None:
        from hpsearch.tracking import connection, runs

        self._uri = uri = connection.resolve(self._uri)
        try:
            self._runs = connection.reach(
                uri, lambda client: runs.Runs(client, self._card, self._artifacts, self._logs)
            )
        except HpsearchError:
            raise
        except Exception as error:
            raise UserError(faults.tracking_unreachable(self.address, problem(error))) from None
        self._writer.start(self._runs)

    @property
    def _opened(self) -> Runs:
        assert self._runs is not None  # noqa: S101 (open was called)
        return self._runs

    @property
    def address(self) -> str:
        """The tracking URI without credentials."""
        return redacted(self._uri or "MLflow's default")

    @property
    def is_on_this_machine(self) -> bool:
        """Whether the store is a file here; other machines do not reach it."""
        return (self._uri or "").startswith("sqlite:")

    @property
    def tracking(self) -> MlflowTracking:
        """What trainables are told."""
        return MlflowTracking(self._uri or "", self._card.experiment, self._opened, self._writer)

    def describe(self, metrics: Mapping[str, float], text: str, moment: datetime) -> None:
        """Add figures of that moment and a text in Markdown to the parent run.

        Repeating changes nothing. Raises SearchFailed if MLflow refuses them.
        """
        from hpsearch.tracking.patience import again_while_busy

        runs = self._opened
        try:
            again_while_busy(SHOW_SECONDS, lambda: runs.describe(metrics, text, moment))
        except Exception as error:
            raise SearchFailed(faults.tracking_unreachable(self.address, problem(error))) from None

    def publish(self, candidate: Candidate) -> Version | None:
        """Register a model if it is better than the champion, or confirmed; see `registry.py`.

        Returns its version, None if it has none. Repeating changes nothing. Raises SearchFailed if
        MLflow refuses the model or torch cannot export it.
        """
        from hpsearch.tracking import registry
        from hpsearch.tracking.patience import again_while_busy

        runs = self._opened
        number = candidate.record.number
        if not self._writer.wait_for(number, PUBLISH_SECONDS):
            why = self._writer.why_not(number) or f"trial {number} is not recorded yet."
            raise SearchFailed(faults.tracking_unreachable(self.address, why))
        try:
            return again_while_busy(
                PUBLISH_SECONDS, lambda: registry.publish(runs.held, self._card.id, candidate)
            )
        except HpsearchError:
            raise
        except Exception as error:
            raise SearchFailed(faults.tracking_unreachable(self.address, problem(error))) from None

    @property
    def shown(self) -> str:
        """The state of the study that the files in MLflow show; empty if there are none."""
        return self._runs.shown if self._runs is not None else ""

    def show(self, files: Mapping[str, bytes], state: str) -> None:
        """Have `close` put files for people into the parent run; returns at once."""
        self._to_show = (files, state)

    def close(
        self, seconds: float, status: Literal["FINISHED", "FAILED", "KILLED"] = "FINISHED"
    ) -> list[int]:
        """Write what is left and end the parent run; return the trials that MLflow still lacks.

        Takes at most `seconds`, then `SHOW_SECONDS` for what `show` was given and `END_SECONDS` for
        the parent run. The next `sync` writes what it returns. A second call does nothing.
        """
        left = self._writer.close(seconds)
        runs, self._runs = self._runs, None
        if runs is not None and not left and self._may_write():
            self._show(runs)
            self._end(runs, status)
        self._own_settings.close()
        return left

    def _show(self, runs: Runs) -> None:
        """Put the files into MLflow; if it does not take them, the next search tries again."""
        if self._to_show is not None:
            files, state = self._to_show
            try:
                _call(SHOW_SECONDS, lambda: runs.show(files, state))
            except Exception as error:
                self._notify(f"MLflow did not take the report: {problem(error)}")

    def _end(self, runs: Runs, status: str) -> None:
        with suppress(Exception):  # every trial is recorded; the next `open` finds the parent run
            _call(END_SECONDS, lambda: runs.close(status, round(time.time() * 1000)))


def _call(seconds: float, work: Callable[[], None]) -> None:
    """Do the work within this time; again while MLflow's database is busy."""
    from hpsearch.tracking.patience import again_while_busy, within

    within(seconds, lambda: again_while_busy(seconds, work))
