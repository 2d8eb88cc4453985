"""Keeps what an attempt prints: that of Python, of C code and of child processes.

    output.py     what a process prints: captured for an attempt
    capture.py    redirects file descriptors 1 and 2, and Python's streams, into a pipe
    routed_streams.py  of several attempts in threads of one process each prints into its own
    writer.py     the process that writes what comes out of the pipe (`workers/log_writer/`)
    debugger.py   gives the terminal to a debugger
    imports.py    what an import prints
    live.py       shows lines on a display as they come

If capturing is impossible, an attempt prints as it would without it. Not covered: a library that
holds another copy of the terminal (`/dev/tty`).
"""

from hpsearch.workers.output.capture import Capture
from hpsearch.workers.output.imports import capture_import, last_import_output
from hpsearch.workers.output.live import LiveOutput
from hpsearch.workers.output.output import Output

__all__ = ["Capture", "LiveOutput", "Output", "capture_import", "last_import_output"]
