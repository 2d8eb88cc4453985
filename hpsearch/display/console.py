"""The consoles on which data and notes are written: colour and a width on terminals only."""

import os
from typing import TextIO

from rich.console import Console

from hpsearch.display import streams

PIPE_WIDTH = 1000
"""Columns of a file or a pipe: nothing is left out or cut."""


def stdout() -> Console:
    """Return the console for data."""
    return _console(streams.current().data)


def stderr(*, apart: bool = False) -> Console:
    """Return the console for progress, notes and errors.

    One that is `apart` stays what it is while what trials print is led elsewhere.
    """
    notes = streams.current().notes
    return _console(streams.apart(notes) if apart else notes)


def _console(stream: TextIO) -> Console:
    width = None if stream.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH
    return Console(file=stream, width=width, markup=False, highlight=False, emoji=False)
