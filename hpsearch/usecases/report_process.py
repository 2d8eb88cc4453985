"""The report of a search is drawn by a process of its own, which begins to import while trials run.

The driver's own imports would take Python's lock for 2 s of a search, and 100 MB.
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from hpsearch.common.trial import Measurement, TrialRecord
from hpsearch.store import StudyStore, documents, find_study
from hpsearch.usecases.report import page_of, report_files, subject_of
from hpsearch.usecases.view import StudyView, look_at

if TYPE_CHECKING:
    from hpsearch.reports import Subject

NICENESS = 10
"""Trials go first: they run while the process imports."""

DRAW = b"draw"
"""What the process waits for on its stdin; if that closes without it, nobody wants the report."""

SCRIPT = f"import sys; from {__name__} import main; main(*sys.argv[1:])"


class ReportProcess:
    """A listener: once a trial has reported, a process imports what draws the report.

    Not before: the first step needs the processor, and a search without a trial has no report. Not
    where another process cannot look at the study, or where this one has drawn a report already.
    """

    def __init__(self, store: StudyStore, trials: int) -> None:
        """`trials` is how many the budget allows; few of them get no importance."""
        self._store, self._trials = store, trials
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: Connection[object, Mapping[str, bytes]] | None = None
        self._may_begin = store.is_durable and "hpsearch.reports.page" not in sys.modules

    def started(self, record: TrialRecord) -> None: ...

    def measured(self, record: TrialRecord, measurements: Sequence[Measurement]) -> None:
        if self._may_begin:
            self._may_begin = False
            with suppress(OSError):  # no memory, no more processes: this one draws
                self._begin()

    def paused(self, record: TrialRecord) -> None: ...

    def finished(self, record: TrialRecord) -> None: ...

    def begin(self) -> None:
        """Have the process draw the study as it is now."""
        stdin = self._process.stdin if self._process is not None else None
        if stdin is not None and not stdin.closed:
            with suppress(OSError), stdin:  # the process was killed
                stdin.write(DRAW)

    def draw(self, view: StudyView) -> Mapping[str, bytes]:
        """Return the files of the report; drawn here if the process could not.

        The process shows the study as it was at `begin`, or as it is now.
        """
        self.begin()
        return self._answer() or report_files(view)

    def close(self) -> None:
        """End the process."""
        if self._process is not None and self._answers is not None:
            with self._answers, self._process as process:  # closes its pipes, and waits
                process.kill()

    def _begin(self) -> None:
        """Begin the process. It answers apart from its stdout, where anything may be printed."""
        address, name = self._store.store_address, self._store.name
        receiver, sender = Pipe(duplex=False)
        with sender:
            number = sender.fileno()
            self._process = subprocess.Popen(  # noqa: S603 (this Python, and no shell)
                [
                    sys.executable, "-P", "-c", SCRIPT,
                    address, name, str(self._trials), str(number),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[number],
                process_group=0,  # a terminal's Ctrl-C is for the driver
            )  # fmt: skip
        self._answers = receiver

    def _answer(self) -> Mapping[str, bytes] | None:
        if self._answers is not None:
            with suppress(EOFError, OSError):  # it failed, or was killed
                return self._answers.recv()
        return None


def main(address: str, name: str, trials: str, answers: str) -> None:
    """Import, wait for word, and send the files of a study's report: in that process.

    `answers` is the number of the descriptor that they are sent to.
    """
    os.nice(NICENESS)
    from hpsearch.reports import warm_up
    from hpsearch.strategies import load_importance

    warm_up()
    load_importance(int(trials))
    if sys.stdin.buffer.read() == DRAW:
        view = replace(look_at(find_study(address, name)), running=False)  # the driver holds it
        Connection(int(answers), readable=False).send(_drawn(view))


def _drawn(view: StudyView) -> dict[str, bytes]:
    """Return what `report_files` does; another process draws the pictures beside the page."""
    subject, context = subject_of(view), get_context("fork")
    pipe = context.Pipe(duplex=False)
    # a daemon ends with this process, even if the page fails
    context.Process(target=_send_pictures, args=(subject, *pipe), daemon=True).start()
    receiver, sender = pipe
    sender.close()  # so that the end of the other process is seen
    return {documents.REPORT: page_of(subject), **receiver.recv()}


def _send_pictures(subject: "Subject", receiver: Connection, sender: Connection) -> None:
    from hpsearch.reports import as_files

    receiver.close()  # so that the end of the process that waits is seen
    sender.send(as_files(subject))
