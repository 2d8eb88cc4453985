"""What a process prints, captured for one attempt at a time."""

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from hpsearch.common.shared_change import SharedChange, Undo
from hpsearch.workers.output.capture import Capture
from hpsearch.workers.output.debugger import breakpoints
from hpsearch.workers.output.writer import LogWriter


class Output:
    """What a process prints. `live` is a file descriptor to which its lines go, too, as they come.

    `on_breakpoint` is called before a debugger takes the terminal over.
    """

    def __init__(
        self, live: int | None = None, on_breakpoint: Callable[[], None] | None = None
    ) -> None:
        self._writer = LogWriter(live)
        self._on_breakpoint = on_breakpoint

    def capture(self, file: str, prefix: str = "") -> Capture:
        """Return a context in which everything printed is written to an existing file.

        If the file is not there, since the machine is another one, `Capture.content` returns it.
        `prefix` stands before each line for `live`.
        """
        return Capture(self._writer, file, prefix)

    @contextmanager
    def attempt(self, file: str, prefix: str = "") -> Iterator[Capture]:
        """Capture what an attempt prints, logs (from INFO) and warns of, repeated warnings too."""
        capture = self.capture(file, prefix)
        debugging = breakpoints(capture, self._on_breakpoint)
        with warnings.catch_warnings(), _LOGGING_AT_INFO.applied(), capture, debugging:
            yield capture

    def start(self) -> None:
        """Start the process that writes, before anything that must not be its parent or group."""
        self._writer.start()

    def close(self) -> None:
        """End the process that writes, once there is nothing left to write."""
        self._writer.close()


def _log_at_info() -> Undo:
    """Have `logging` show messages from INFO on, unless somebody configured it."""
    undo = ExitStack()
    root, last = logging.getLogger(), logging.lastResort
    undo.callback(root.setLevel, root.level)
    if root.level == logging.WARNING:
        root.setLevel(logging.INFO)
    if last is not None:
        undo.callback(last.setLevel, last.level)
        last.setLevel(min(last.level, logging.INFO))
    return undo.close


_LOGGING_AT_INFO = SharedChange(_log_at_info)
