"""Shows what trials of this process print on a display, as it comes."""

import os
import threading

from hpsearch.engine import Display
from hpsearch.workers.output.output import Output

SHOW_SECONDS = 2.0
"""How long `close` waits for printed lines to be shown."""


class LiveOutput:
    """An `output` of this process; a thread shows its lines on a display."""

    def __init__(self, display: Display) -> None:
        reader, self._writer = os.pipe()
        self.output = Output(self._writer, display.release)
        self._thread = threading.Thread(
            target=self._show, args=(reader, display), name="hpsearch-live-output", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Return when all is shown; calling it twice does no harm."""
        if self._writer != -1:
            self.output.close()
            os.close(self._writer)
            self._writer = -1
            self._thread.join(SHOW_SECONDS)

    def _show(self, reader: int, display: Display) -> None:
        with open(reader, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                display.output(line.rstrip("\n"))
