"""The console on which a stream is written: colour and a width on terminals only."""

import os
import sys
from typing import TextIO

from rich.console import Console

PIPE_WIDTH = 1000
"""Columns where nobody looks: nothing is left out or cut in a file or a pipe."""


def stdout() -> Console:
    """Return the console for data."""
    return _console(sys.stdout)


def stderr() -> Console:
    """Return the console for progress, notes and errors."""
    return _console(sys.stderr)


def _console(stream: TextIO) -> Console:
    width = None if stream.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH
    return Console(file=stream, width=width, markup=False, highlight=False, emoji=False)
