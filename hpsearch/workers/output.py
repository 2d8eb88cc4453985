"""Keeps what an attempt prints: that of Python, of C code and of child processes.

File descriptors 1 and 2 lead into a pipe meanwhile, which a process of its own reads
(`log_writer.py` says why). Where that cannot be had, an attempt prints as it would without it.

Not covered: a library that holds on to another copy of the terminal (`/dev/tty`).
"""

import ctypes
import json
import logging
import os
import socket
import subprocess
import sys
import tempfile
import threading
import warnings
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType

from hpsearch.common.errors import Fault, UserError
from hpsearch.common.loan import Loan, Undo
from hpsearch.common.logs import last_lines, tail, wait_until_whole
from hpsearch.engine.ports import Display
from hpsearch.workers.standard_streams import own_stream, replace_streams

LOG_WRITER = Path(__file__).with_name("log_writer.py")

ACK_SECONDS = 10.0
"""How long an end waits until all is written; a disk may be slow, and a trial is not lost by it."""

SHOW_SECONDS = 2.0
"""How long the end waits for lines to be shown that are there already."""

_DESCRIPTORS = threading.Lock()
"""Held by the attempt for which the process's descriptors 1 and 2 are redirected."""

NOBODYS_CHILD = '"$@" &'
"""Starts a program that no `wait` of a trainable meets."""


class Output:
    """What a process prints. `live` is a file descriptor to which its lines go, too, as they come.

    `on_breakpoint` is called before a debugger takes the terminal over.
    """

    def __init__(
        self, live: int | None = None, on_breakpoint: Callable[[], None] | None = None
    ) -> None:
        self._live = live
        self._on_breakpoint = on_breakpoint
        self._control: socket.socket | None = None

    def kept(self, file: str) -> "Kept":
        """Return what keeps everything printed inside, in a file that is there already.

        Where it is not, since the machine is another one, `Kept.content` has it in the end.
        """
        return Kept(self, file)

    @contextmanager
    def attempt(self, file: str) -> Iterator["Kept"]:
        """Keep what an attempt prints, logs (from INFO) and warns of (each attempt anew)."""
        kept = self.kept(file)
        debugging = _breakpoints(kept, self._on_breakpoint)
        with warnings.catch_warnings(), _LOGGING_AT_INFO.taken(), kept, debugging:
            yield kept

    def start(self) -> None:
        """Start the process that writes, before anything that it should not be a child of."""
        with suppress(OSError, subprocess.SubprocessError):
            self._started()

    def begin(self, file: str, pipe: int) -> None:
        """Have what comes out of a pipe written to a file; raises OSError."""
        message = [json.dumps(file).encode() + b"\n"]
        try:
            socket.send_fds(self._started(), message, [pipe])
        except OSError:  # it is not there any more
            self.close()
            socket.send_fds(self._started(), message, [pipe])

    def catch_up(self) -> None:
        """Return when all whole lines that were printed so far are in the file."""
        self._wait_for(b"true\n")

    def end(self) -> None:
        """Return when all that was printed is in the file."""
        self._wait_for(b"null\n")

    def _wait_for(self, wanted: bytes) -> None:
        if self._control is None:
            return
        try:
            self._control.sendall(wanted)
            self._control.recv(1)
        except OSError:  # it was killed, or is too slow: it does not hold the trial up
            self.close()

    def close(self) -> None:
        """End the process that writes, once there is nothing left to write."""
        if self._control is not None:
            self._control.close()
            self._control = None

    def _started(self) -> socket.socket:
        if self._control is None:
            self._control, other = socket.socketpair()
            self._control.settimeout(ACK_SECONDS)
            weakref.finalize(self, self._control.close)
            with other:
                self._start(other.fileno())
            if not self._control.recv(1):
                raise ChildProcessError("nobody writes logs")
        return self._control

    def _start(self, control: int) -> None:
        live = self._live or 0
        passed = [control, live] if live > 2 else [control]
        program = [sys.executable, "-I", "-S", str(LOG_WRITER), str(control), str(live)]
        subprocess.run(  # noqa: S603 (our own program)
            ["/bin/sh", "-c", NOBODYS_CHILD, "sh", *program],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=passed,
            start_new_session=True,
            check=True,
        )


class LiveOutput:
    """An `output` of this process whose lines a thread shows on a display as they come."""

    def __init__(self, display: Display) -> None:
        reader, self._writer = os.pipe()
        self.output = Output(self._writer, display.release)
        self._thread = threading.Thread(
            target=self._show, args=(reader, display), name="live-output", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Return when all is shown; a second time does nothing."""
        if self._writer != -1:
            self.output.close()
            os.close(self._writer)
            self._writer = -1
            self._thread.join(SHOW_SECONDS)

    def _show(self, reader: int, display: Display) -> None:
        with open(reader, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                display.output(line.rstrip("\n"))


class Kept:
    """Keeps what is printed while it is entered."""

    def __init__(self, output: Output, file: str) -> None:
        self._output = output
        self._is_own = not (file and Path(file).is_file())
        self._file = _temporary() if self._is_own else file
        self._undo = ExitStack()
        self._process = os.getpid()
        self._is_active = False

    def __enter__(self) -> "Kept":
        # another search of this process may have them at this moment
        has_descriptors = _DESCRIPTORS.acquire(blocking=False)
        with suppress(OSError, subprocess.SubprocessError), ExitStack() as undo:
            if has_descriptors:
                undo.callback(_DESCRIPTORS.release)
                self._redirect(undo)
            else:
                self._redirect_prints(undo)
            self._undo = undo.pop_all()
            self._is_active = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.release()

    @property
    def is_active(self) -> bool:
        """Whether what is printed now is kept."""
        return self._is_active

    def release(self) -> None:
        """Let what is printed go where it went before."""
        self._is_active = False
        self._undo.close()

    def content(self) -> bytes:
        """Return what was kept, where only this machine has it."""
        if not self._is_own:
            return b""
        try:
            return Path(self._file).read_bytes()
        except OSError:
            return b""
        finally:
            self.remove()

    def tail(self) -> str:
        """Return the last lines of what was kept."""
        return tail(Path(self._file))

    def tail_so_far(self) -> str:
        """Return the last whole lines, while more may come; a child sees those of before."""
        if os.getpid() == self._process:
            _flush()
            self._output.catch_up()
        return self.tail()

    def remove(self) -> None:
        """Remove what was kept."""
        with suppress(OSError):
            Path(self._file).unlink()

    def _redirect(self, undo: ExitStack) -> None:
        reader, writer = os.pipe()
        try:
            self._output.begin(self._file, reader)
            undo.callback(self._output.end)
            _flush()
            for number in (1, 2):
                undo.callback(_put_back, os.dup(number), number)
                os.dup2(writer, number)
        finally:
            os.close(reader)
            os.close(writer)
        undo.callback(replace_streams(_stream(1), _stream(2)))
        undo.callback(_flush)

    def _redirect_prints(self, undo: ExitStack) -> None:
        """Keep what Python prints in this thread alone."""
        reader, writer = os.pipe()
        stream = _stream(writer, close=True)
        try:
            self._output.begin(self._file, reader)
            undo.callback(self._output.end)
        finally:
            os.close(reader)
            undo.callback(stream.close)
        undo.enter_context(own_stream(stream))


@contextmanager
def load_kept(output: Output, folder: str) -> Iterator[None]:
    """Keep what an import prints: its last lines belong to the UserError that it raises.

    Where the import ends the process, they stay in the study's `folder`: see `last_words`.
    """
    file = Path(folder, f"import-{os.getpid()}.log") if folder else None
    if file is not None:
        with suppress(OSError):
            file.touch(mode=0o600)
    kept = output.kept(str(file or ""))
    try:
        with kept:
            yield
    except UserError as error:
        raise UserError(*(_with_output(one, kept.tail()) for one in error.faults)) from None
    finally:
        kept.remove()


def last_words(folder: str) -> str:
    """Return what a worker printed last that died of an import."""
    files = sorted(Path(folder).glob("import-*.log"), key=lambda file: file.stat().st_mtime)
    if not (folder and files):
        return ""
    wait_until_whole(files[-1])
    return tail(files[-1])


def _with_output(fault: Fault, output: str) -> Fault:
    if all(line in fault.why for line in output.splitlines()):  # of argparse it has the usage
        return fault
    return replace(fault, why=f"{fault.why}\n{last_lines(output)}".rstrip())


def _temporary() -> str:
    try:
        file, path = tempfile.mkstemp(prefix="hpsearch-log-")
        os.close(file)
    except OSError:  # a full disk; then nothing is kept
        return ""
    return path


def _put_back(kept: int, number: int) -> None:
    os.dup2(kept, number)
    os.close(kept)


def _stream(number: int, *, close: bool = False) -> TextIOWrapper:
    """Return a text stream on a file descriptor; handlers that keep it go on working later."""
    return open(
        number, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=close
    )


def _flush() -> None:
    """Flush Python's streams and C's."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    with suppress(OSError, ValueError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.fflush(ctypes.c_void_p.in_dll(libc, "stdout"))


def _log_at_info() -> Undo:
    """Have `logging` that nobody configured say what it says from INFO on."""
    undo = ExitStack()
    root, last = logging.getLogger(), logging.lastResort
    undo.callback(root.setLevel, root.level)
    if root.level == logging.WARNING:
        root.setLevel(logging.INFO)
    if last is not None:
        undo.callback(last.setLevel, last.level)
        last.setLevel(min(last.level, logging.INFO))
    return undo.close


_LOGGING_AT_INFO = Loan(_log_at_info)


@contextmanager
def _breakpoints(kept: Kept, give_terminal: Callable[[], None] | None) -> Iterator[None]:
    """Give a debugger the terminal; the rest of the attempt is not kept then."""
    before = sys.breakpointhook

    def stop(*arguments: object, **options: object) -> object:
        sys.breakpointhook = before
        print("[breakpoint: what follows is on the terminal alone]")  # noqa: T201
        kept.release()
        if give_terminal is not None:
            give_terminal()
        if os.environ.get("PYTHONBREAKPOINT") or before is not sys.__breakpointhook__:
            return before(*arguments, **options)
        from pdb import Pdb  # hardly ever wanted

        Pdb().set_trace(sys._getframe().f_back)
        return None

    if give_terminal is None or not kept.is_active:
        yield
        return
    sys.breakpointhook = stop
    try:
        yield
    finally:
        sys.breakpointhook = before
