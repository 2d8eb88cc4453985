"""A stream of hpsearch's own, whose reader may be gone, or whose disk may be full."""

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from hpsearch.common.errors import HpsearchError
from hpsearch.display import faults

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

BROKEN_PIPE = 141
"""The exit code of a program that SIGPIPE ended: its reader has seen enough."""

Loss = Callable[[OSError], None]


def nobody_is_told(error: OSError) -> None:
    """Go on without notes: whom to tell? The search that they tell of goes on, too."""


def end(error: OSError) -> None:
    """End the command, whose data is what was asked for: quietly if its reader wants no more."""
    if isinstance(error, BrokenPipeError):
        raise SystemExit(BROKEN_PIPE)
    raise HpsearchError(faults.output_unwritable(str(error))) from None


def own_stream(descriptor: int, encoding: str, lost: Loss) -> TextIO:
    """Return a text stream to a descriptor; `lost` is told of the first write that fails."""
    buffer = io.BufferedWriter(_Descriptor(descriptor, lost))
    return io.TextIOWrapper(buffer, encoding, errors="replace", line_buffering=True)


class _Descriptor(io.FileIO):
    """Takes what is written after a failure as written: buffers are flushed again at the end."""

    def __init__(self, descriptor: int, lost: Loss) -> None:
        super().__init__(descriptor, "w")
        self._lost = lost
        self._is_lost = False

    def write(self, data: "ReadableBuffer", /) -> int:
        """Write to the descriptor; raises what `lost` raises."""
        try:
            return super().write(data) if not self._is_lost else memoryview(data).nbytes
        except OSError as error:
            self._is_lost = True
            self._lost(error)
            return memoryview(data).nbytes
