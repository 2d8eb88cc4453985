"""The progress of a search in a notebook: a bar and the best trial, redrawn in place.

If the front end shows no HTML, the same as one line of text.
"""

import html
import sys
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

from hpsearch.common.text import clock, count, parameters, printable, values
from hpsearch.common.trial import Measurement, TrialRecord, TrialState
from hpsearch.display.board import Board
from hpsearch.experiment import Experiment

REDRAW_SECONDS = 0.5
"""The least time between two redraws: each travels to the browser."""

STATES = [state for state in TrialState if state.is_finished]


MOST_LINES = 5
"""So many of the last lines that trials of this process print are shown."""


def is_in_notebook() -> bool:
    """Return whether this process is the kernel of a notebook."""
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)
    return type(get_ipython()).__name__ == "ZMQInteractiveShell"


class NotebookProgress:
    """Redraws one output cell of IPython; see `ports.Display`."""

    def __init__(self) -> None:
        self._board: Board | None = None
        self._handle: Any = None
        self._phase = ""
        self._notices: list[str] = []
        self._lines: deque[str] = deque(maxlen=MOST_LINES)
        self._drawn = 0.0

    def phase(self, text: str) -> None:
        """Show what is being done now."""
        self._phase = text
        self._draw()

    def begin(
        self, experiment: Experiment, records: Sequence[TrialRecord], slots: int, seconds: float
    ) -> None:
        """Show the bar from now on."""
        self._board, self._phase = Board(experiment, records, seconds), ""
        self._draw()

    def started(self, record: TrialRecord) -> None:
        """Count a trial that began."""
        if self._board is not None:
            self._board.started(record)
            self._draw_soon()

    def measured(self, record: TrialRecord, measurements: Sequence[Measurement]) -> None:
        """Note a report."""
        if self._board is not None:
            self._board.measured(record, measurements)
            self._draw_soon()

    def paused(self, record: TrialRecord) -> None:
        """Count a trial that waits for promotion."""
        if self._board is not None:
            self._board.paused(record)

    def finished(self, record: TrialRecord) -> None:
        """Count a trial that ended."""
        if self._board is not None:
            self._board.finished(record)
            self._draw_soon()

    def notice(self, text: str) -> None:
        """Show it below the bar."""
        self._notices.append(printable(text))
        self._draw()

    def output(self, line: str) -> None:
        """Show it below all else, with a few of those before."""
        self._lines.append(printable(line))
        self._draw_soon()

    def release(self) -> None:
        """Draw on: a debugger of a notebook has an input field of its own."""

    def end(self) -> None:
        """Leave the bar as it is."""
        if self._board is not None:
            self._board.end()
            self._draw()

    def close(self) -> None:
        """Draw the last state."""
        self._phase = ""
        self._draw()

    def _draw_soon(self) -> None:
        if time.monotonic() - self._drawn >= REDRAW_SECONDS:
            self._draw()

    def _draw(self) -> None:
        from IPython.display import display

        self._drawn = time.monotonic()
        bundle = {"text/plain": self._text(), "text/html": self._html()}
        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._handle.update(bundle, raw=True)

    def _text(self) -> str:
        lines = [self._phase] if self._phase else []
        if self._board is not None:
            lines.append(_summary(self._board))
        return "\n".join([*lines, *self._notices[-3:], *self._lines])

    def _html(self) -> str:
        board, lines = self._board, self._text().split("\n")
        bar = ""
        if board is not None:
            most = board.experiment.budget.trials
            bar = f'<progress value="{board.finished_trials}" max="{most}"></progress> '
        return bar + "<br>".join(html.escape(line) for line in lines)


def _summary(board: Board) -> str:
    """Return the search in one line: how far it is, how trials ended, and the best one."""
    with board.lock:
        trials = f"{board.finished_trials} of {count(board.experiment.budget.trials, 'trial')}"
        states = ", ".join(f"{board.counts[s]} {s}" for s in STATES if board.counts[s])
        text = f"{board.experiment.name}: {trials} in {clock(board.seconds)}"
        text += f" ({states})" if states else ""
        if board.best is not None:
            found = parameters(board.searched(board.best), 120)
            text += f"; best: trial {board.best.number}, {values(board.best, board.goals)}"
            text += f" with {found}" if found else ""
        return text
