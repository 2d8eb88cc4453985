"""The progress of a search as plain lines: for logs and pipes; and as nothing at all.

One thread writes what the others queue, so that a signal handler may speak at any moment.
"""

import threading
from collections.abc import Sequence
from queue import Empty, SimpleQueue

from rich.console import Console

from hpsearch.common.text import clock, count, duration, parameters, printable, values
from hpsearch.common.trial import Measurement, TrialRecord, TrialState
from hpsearch.display.board import Board
from hpsearch.experiment import Experiment

HEARTBEAT_SECONDS = 30.0
"""A line at least this often, so that nobody thinks it hangs."""


class PlainLines:
    """Writes a line for each trial that starts or ends, and a heartbeat if neither happens."""

    def __init__(self, console: Console, heartbeat_seconds: float = HEARTBEAT_SECONDS) -> None:
        self._console = console
        self._heartbeat_seconds = heartbeat_seconds
        self._board: Board | None = None
        self._doing = ""
        self._never_promoted = 0
        self._lines: SimpleQueue[str | None] = SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="hpsearch-progress", daemon=True)
        self._writer.start()

    def phase(self, text: str) -> None:
        """Say what is being done now."""
        self._doing = text
        self._say(f"{text} …")

    def begin(
        self, experiment: Experiment, records: Sequence[TrialRecord], slots: int, seconds: float
    ) -> None:
        """Say what the search is to do, and what is done already."""
        board = self._board = Board(experiment, records, seconds)
        trials = f"{count(experiment.budget.trials, 'trial')}, {slots} at a time"
        self._say(f"searching {experiment.name}: {trials}")
        if board.finished_trials:
            self._say(f"resuming after {count(board.finished_trials, 'trial')}{self._best()}")

    def started(self, record: TrialRecord) -> None:
        """Say which hyperparameters are tried."""
        if self._board is None:
            return
        is_promoted = record.number in self._board.paused_trials
        self._board.started(record)
        if is_promoted:
            step = f" from step {record.last_step}" if record.last_step is not None else ""
            self._say(f"trial {record.number} goes on{step}: it was promoted")
            return
        attempt = f", attempt {record.attempt}" if record.attempt > 1 else ""
        params = parameters(self._board.searched(record))
        repeated = f" as trial {record.repeats} again" if record.repeats is not None else ""
        suggested = " as suggested" if record.suggested else ""
        self._say(f"trial {record.number} started{suggested}{repeated}{attempt}: {params}")

    def measured(self, record: TrialRecord, measurements: Sequence[Measurement]) -> None:
        """Note it for the heartbeat; a line for each report would be too many."""
        if self._board is not None:
            self._board.measured(record, measurements)

    def paused(self, record: TrialRecord) -> None:
        """Say at which step a trial was paused."""
        if self._board is not None:
            self._board.paused(record)
        self._say(self._outcome(record))

    def finished(self, record: TrialRecord) -> None:
        """Say how a trial ended, and whether it is the best one now."""
        is_never_promoted = self._board is not None and record.number in self._board.paused_trials
        is_best = self._board.finished(record) if self._board is not None else False
        if is_never_promoted:
            self._never_promoted += 1  # its reason was said when it was paused
            return
        self._say(self._outcome(record) + (" (best so far)" if is_best else ""))

    def notice(self, text: str) -> None:
        """Say something once; safe in a signal handler."""
        self._say(text)

    def output(self, line: str) -> None:
        """Show a line that a trial of this process prints."""
        self._say(line)

    def release(self) -> None:
        """Stop the heartbeat: a debugger has the terminal."""
        self._heartbeat_seconds = threading.TIMEOUT_MAX

    def end(self) -> None:
        """Stop the search's heartbeat, and count the trials that stayed paused."""
        if self._never_promoted:
            self._say(f"{count(self._never_promoted, 'paused trial')} never promoted: pruned")
        self._board = None

    def close(self) -> None:
        """Write what is queued and stop."""
        self._lines.put(None)
        self._writer.join()

    def _say(self, text: str) -> None:
        self._lines.put(self._stamp() + printable(text))

    def _write(self) -> None:
        while True:
            try:
                line = self._lines.get(timeout=self._heartbeat_seconds)
            except Empty:
                line = self._stamp() + self._heartbeat()
            if line is None:
                return
            self._console.print(line, soft_wrap=True)

    def _stamp(self) -> str:
        board = self._board
        return f"[{clock(board.seconds)}] " if board is not None else ""

    def _heartbeat(self) -> str:
        board = self._board
        if board is None:
            return f"still {self._doing} …"
        with board.lock:
            steps = [
                f"{n} at step {r.step}" for n, r in board.running.items() if r.step is not None
            ]
            trials = count(board.experiment.budget.trials, "trial")
            running = f"{len(board.running)} running"
            running += f" ({', '.join(steps[:4])})" if steps else ""
            found = board.meter.prospect(board.seconds)
            outlook = f"; {found.words}" if found is not None else ""
            return f"{board.finished_trials} of {trials} finished, {running}{self._best()}{outlook}"

    def _best(self) -> str:
        board = self._board
        if board is None or board.best is None:
            return ""
        return f", best {values(board.best, board.goals)} (trial {board.best.number})"

    def _outcome(self, record: TrialRecord) -> str:
        text = f"trial {record.number} {record.state}: "
        if record.state is not TrialState.COMPLETE:
            return text + record.reason.partition("\n")[0]
        goals = self._board.goals if self._board is not None else ()
        where = f" at step {record.value_step}" if record.value_step is not None else ""
        return f"{text}{values(record, goals)}{where}, {duration(record.seconds)}"


class Silence:
    """Says nothing: `--quiet`."""

    def phase(self, text: str) -> None: ...

    def begin(
        self, experiment: Experiment, records: Sequence[TrialRecord], slots: int, seconds: float
    ) -> None: ...

    def started(self, record: TrialRecord) -> None: ...

    def measured(self, record: TrialRecord, measurements: Sequence[Measurement]) -> None: ...

    def paused(self, record: TrialRecord) -> None: ...

    def finished(self, record: TrialRecord) -> None: ...

    def notice(self, text: str) -> None: ...

    def output(self, line: str) -> None: ...

    def release(self) -> None: ...

    def end(self) -> None: ...

    def close(self) -> None: ...
