"""What a command prints: read as it comes, passed on to stderr, split into lines."""

import os
import selectors
import subprocess
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial

from hpsearch.trainable.command.lines import Line, Lines

CHUNK = 64 * 1024

LAST_LINES = 20
"""So many lines of stderr are the account of a failure."""


class Output:
    """The pipes of a process, and what else is waited for meanwhile."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.errors: deque[str] = deque(maxlen=LAST_LINES)
        self.last_line = ""
        self._early: list[Line] = []
        self._selector = selectors.DefaultSelector()
        self._streams = (Lines(is_error=False), Lines(is_error=True))
        self._pipes = [pipe for pipe in (process.stdout, process.stderr) if pipe is not None]
        for pipe, lines in zip(self._pipes, self._streams, strict=True):
            os.set_blocking(pipe.fileno(), False)
            self._selector.register(pipe.fileno(), selectors.EVENT_READ, lines)

    def also_handle(self, descriptor: int, handle: Callable[[], object]) -> None:
        """Call a function whenever there is something to read from a descriptor."""
        self._selector.register(descriptor, selectors.EVENT_READ, handle)

    def wake_once(self, descriptor: int) -> None:
        """Have `read` return when there is something to read from a descriptor, for once."""
        self.also_handle(descriptor, partial(self._selector.unregister, descriptor))

    def has_more(self) -> bool:
        """Return whether there is something to read now."""
        return bool(self._selector.select(0))

    def read(self, seconds: float) -> list[Line]:
        """Return the lines that have ended; waits up to so long if there is nothing to read."""
        handlers = []
        for key, _ in self._selector.select(seconds):
            if isinstance(key.data, Lines):
                self._take(key.data, key.fd)
            else:
                handlers.append(key.data)
        for handle in handlers:
            handle()
        found, self._early = self._early, []
        return found

    def read_ahead(self) -> None:
        """Read what there is now, for the next `read`; calls no other function."""
        for key, _ in self._selector.select(0):
            if isinstance(key.data, Lines):
                self._take(key.data, key.fd)

    def finish(self) -> list[Line]:
        """Return the lines that have no end."""
        rest = [line for stream in self._streams for line in self._noted(stream.finish())]
        return [*self._early, *rest]

    def close(self) -> None:
        """Close the pipes."""
        self._selector.close()
        for pipe in self._pipes:
            pipe.close()

    def _take(self, lines: Lines, descriptor: int) -> None:
        self._early += self._noted(lines.take(self._chunk(descriptor)))

    def _chunk(self, descriptor: int) -> bytes:
        """Read what there is, and pass it on to stderr: from there it gets into the trial's log.

        Not to stdout, which belongs to hpsearch's own answers.
        """
        data = rest = os.read(descriptor, CHUNK)
        if not data:
            self._selector.unregister(descriptor)
        with suppress(OSError):  # nobody reads it
            while rest:
                rest = rest[os.write(2, rest) :]
        return data

    def _noted(self, lines: Iterable[Line]) -> Iterator[Line]:
        for line in lines:
            if line.is_error:
                self.errors.append(line.text)
            elif line.text.strip():
                self.last_line = line.text
            yield line
