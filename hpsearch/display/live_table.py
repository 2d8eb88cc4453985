"""What a person sees of a search: a calm table, plain lines in a pipe, or nothing."""

import threading
import time
from collections.abc import Sequence
from typing import Protocol

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from hpsearch.common.text import clock, printable
from hpsearch.common.trial import Measurement, TrialRecord
from hpsearch.display.board import Board
from hpsearch.display.columns import wrapped
from hpsearch.display.console import stderr
from hpsearch.display.drawing import draw
from hpsearch.display.notebook import NotebookProgress, is_in_notebook
from hpsearch.display.plain_lines import PlainLines, Silence
from hpsearch.engine import Display
from hpsearch.experiment import Experiment

FRAMES_PER_SECOND = 4


class ClosableDisplay(Display, Protocol):
    """A display that gives the terminal back."""

    def close(self) -> None: ...


def choose_display(*, quiet: bool) -> ClosableDisplay:
    """Return the display that suits where stderr goes; only the main thread has the terminal."""
    if quiet:
        return Silence()
    if is_in_notebook():
        return NotebookProgress()
    console = stderr(apart=True)
    is_main = threading.current_thread() is threading.main_thread()
    return LiveTable(console) if console.is_terminal and is_main else PlainLines(console)


class LiveTable:
    """Redraws the board in place, in a thread of its own; the driver only notes what happened."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._board: Board | None = None
        self._notices: list[str] = []

    def phase(self, text: str) -> None:
        """Show what is being done now, with a clock that moves."""
        self._show(_Phase(text, self._notices), transient=True)

    def begin(
        self, experiment: Experiment, records: Sequence[TrialRecord], slots: int, seconds: float
    ) -> None:
        """Show the table from now on."""
        self._board = Board(experiment, records, seconds)
        self._show(_Table(self._board, self._notices), transient=False)

    def started(self, record: TrialRecord) -> None:
        """Add a row."""
        if self._board is not None:
            self._board.started(record)

    def measured(self, record: TrialRecord, measurements: Sequence[Measurement]) -> None:
        """Change a row."""
        if self._board is not None:
            self._board.measured(record, measurements)

    def paused(self, record: TrialRecord) -> None:
        """Take the row away."""
        if self._board is not None:
            self._board.paused(record)

    def finished(self, record: TrialRecord) -> None:
        """Move a row to those that ended."""
        if self._board is not None:
            self._board.finished(record)

    def notice(self, text: str) -> None:
        """Show it at the bottom; only noted here, for a signal handler may be what speaks."""
        self._notices.append(text)

    def output(self, line: str) -> None:
        """Show a line that a trial of this process prints, above the table."""
        self._console.print(printable(line), soft_wrap=True)

    def release(self) -> None:
        """Leave the table as it is, and draw no more: a debugger has the terminal."""
        self._stop()

    def end(self) -> None:
        """Leave the table as it is."""
        if self._board is not None:
            self._board.end()
            self._stop()
            self._console.print()
            self._board = None

    def close(self) -> None:
        """Give the terminal back."""
        self._stop()

    def _show(self, picture: "_Phase | _Table", *, transient: bool) -> None:
        self._stop()
        self._live = Live(
            picture,
            console=self._console,
            refresh_per_second=FRAMES_PER_SECOND,
            transient=transient,
            vertical_overflow="crop",
        )
        self._live.start(refresh=True)

    def _stop(self) -> None:
        """Stop drawing; what was noticed meanwhile stays, as lines of its own."""
        live, self._live = self._live, None
        if live is not None:
            live.stop()
        notices = list(self._notices)
        self._notices.clear()
        for text in notices:
            self._console.print(printable(text), style="yellow")


class _Table:
    """The board as rich draws it."""

    def __init__(self, board: Board, notices: Sequence[str]) -> None:
        self._board = board
        self._notices = notices

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield draw(self._board, self._notices[-3:], options.max_width, console.height - 1)


class _Phase:
    """What is being done, and since when."""

    def __init__(self, text: str, notices: Sequence[str]) -> None:
        self._text = text
        self._notices = notices
        self._begun = time.monotonic()
        self._spinner = Spinner("dots", style="cyan")

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        moved = time.monotonic() - self._begun
        since = Text(f"{self._text} … {clock(moved)}" if moved >= 2 else f"{self._text} …")
        self._spinner.update(text=since)
        yield self._spinner
        for text in self._notices[-3:]:
            yield from (Text(line, "yellow") for line in wrapped(text, options.max_width))
