"""Where the command line writes: its data and its notes, apart from all other output.

A trainable, its child processes and libraries print to file descriptors 1 and 2. While a verb runs,
both are stderr, or nothing with `--quiet`; stdout is left to the data that was asked for.
"""

import os
import sys
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from hpsearch.common.errors import HpsearchError
from hpsearch.display.faults import output_unwritable
from hpsearch.display.own_stream import Loss, end, nobody_is_told, own_stream


@dataclass(frozen=True)
class Streams:
    """`data` is what was asked for, `notes` all else that hpsearch says."""

    data: TextIO
    notes: TextIO
    quiet: bool = False


_taken: list[Streams] = []
_undo = ExitStack()


def current() -> Streams:
    """Return where to write now."""
    return _taken[-1] if _taken else Streams(sys.stdout, sys.stderr)


def take(*, quiet: bool) -> None:
    """Keep stdout for the data alone, and with `quiet` stderr for errors alone.

    Meant for good: C code and what `atexit` calls print after the verb has ended.
    """
    out, err = sys.stdout or _nothing(), sys.stderr or _nothing()
    own = Streams(apart(out, end), apart(err), quiet)
    for stream in {own.data, own.notes} - {out, err}:
        _undo.callback(stream.close)
    _taken.append(own)
    _undo.callback(_taken.pop)
    target = _undo.enter_context(_nothing()) if quiet else err
    _lead("stdout", out, target)
    if quiet:
        _lead("stderr", err, target)


def give_back() -> None:
    """Undo `take`, if the caller's process continues after the command."""
    _undo.close()


def apart(stream: TextIO, lost: Loss = nobody_is_told) -> TextIO:
    """Return a stream to the present target of this one, even if its descriptor is redirected.

    `lost` is told of the first write that fails.
    """
    number = _descriptor(stream)
    if number is None:
        return stream
    stream.flush()
    return own_stream(os.dup(number), stream.encoding, lost)


def _lead(name: str, stream: TextIO, target: TextIO) -> None:
    """Have what is written to the stream, or to its descriptor, go to another one."""
    number = _descriptor(stream)
    if number is None:  # a test's, a notebook's
        _undo.callback(setattr, sys, name, stream)
        setattr(sys, name, target)
        return
    _undo.callback(_put_back, os.dup(number), number)
    _undo.callback(stream.flush)
    os.dup2(target.fileno(), number)


def _put_back(kept: int, number: int) -> None:
    os.dup2(kept, number)
    os.close(kept)


def _nothing() -> TextIO:
    return Path(os.devnull).open("w")


def help_lost(error: OSError) -> HpsearchError:
    """Return the error that the help, written before a verb runs, could not be written."""
    with suppress(OSError, ValueError), _nothing() as nothing:
        os.dup2(nothing.fileno(), sys.stdout.fileno())  # Python flushes it again at its exit
    return HpsearchError(output_unwritable(str(error)))


def are_taken() -> bool:
    """Return whether a verb runs, or ran."""
    return bool(_taken)


def _descriptor(stream: TextIO) -> int | None:
    """Return 1 or 2 if the stream writes there, else None."""
    with suppress(OSError, ValueError, AttributeError):
        if (number := stream.fileno()) in (1, 2):
            return number
    return None
