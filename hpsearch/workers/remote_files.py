"""A trial's files for a worker that does not see the store: through the driver, in chunks.

They have a connection of their own, so that they delay no report. On the driver a thread takes each
chunk to the store: its loop never sees them, and never more than one per worker is in its memory.

    worker                              driver
    ("write", (reference, name))
    chunk, chunk, …, end                TrialFiles.write
                                        None, or what went wrong
    ("read", (reference, name))
                                        chunk, chunk, …, end
                                        None, or what went wrong
"""

import os
import socket
import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from hpsearch.common.checkpoints import StoredFile, TrialFiles
from hpsearch.common.chunks import CHUNK_BYTES, Chunk, Digest, hashed, read_chunks

LENGTH = struct.Struct("!I")
"""Comes before each chunk; 0 is the end."""

STORE_ERRORS = (OSError, ValueError, LookupError)
"""What goes wrong with a store: a name that leads out of it, a trial that no longer runs."""


class RemoteFiles:
    """The files of the trial that the worker runs; see `TrialFiles`."""

    def __init__(self, connect: "Callable[[], Connection[Any, Any]]") -> None:
        self._connect = connect
        self._connection: Connection[Any, Any] | None = None

    def is_reachable(self) -> bool:
        return True

    def put(self, reference: str, name: str, file: Path) -> StoredFile:
        digest = Digest()
        self.write(reference, name, hashed(read_chunks(file), digest))
        return StoredFile(digest.size, digest.sha256)

    def write(self, reference: str, name: str, chunks: Iterable[Chunk]) -> None:
        with self._connected() as connection:
            connection.send(("write", (reference, name)))
            _send(connection, chunks)
            problem = connection.recv()
        _raise(problem)

    def read(self, reference: str, name: str) -> Iterator[Chunk]:
        with self._connected() as connection:
            connection.send(("read", (reference, name)))
            yield from _receive(connection)
            problem = connection.recv()
        _raise(problem)

    def discard(self, reference: str) -> None:
        with self._connected() as connection:
            connection.send(("discard", (reference,)))
            problem = connection.recv()
        _raise(problem)

    @contextmanager
    def _connected(self) -> "Iterator[Connection[Any, Any]]":
        """Give the connection; one on which something was left half done is not used again."""
        try:
            self._connection = self._connection or self._connect()
            yield self._connection
        except BaseException as error:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
            if isinstance(error, EOFError):
                raise ConnectionError("the driver ended the connection") from None
            raise


def serve_files(connection: "Connection[Any, Any]", files: Callable[[], TrialFiles]) -> None:
    """Do what a worker asks for with its trial's files, until the worker is gone."""
    with connection, suppress(OSError, EOFError):
        while True:
            wanted, names = connection.recv()
            connection.send(SERVE[wanted](connection, files, *names))


Problem = str | None
"""What went wrong in the store, if anything."""


def _serve_write(
    connection: "Connection[Any, Any]", files: Callable[[], TrialFiles], reference: str, name: str
) -> Problem:
    chunks = _receive(connection)
    with _Noted() as noted:
        files().write(reference, name, chunks)
    for _ in chunks:
        pass  # those that were not written
    return noted.problem


def _serve_read(
    connection: "Connection[Any, Any]", files: Callable[[], TrialFiles], reference: str, name: str
) -> Problem:
    def content() -> Iterator[Chunk]:
        with noted:
            yield from files().read(reference, name)

    noted = _Noted()
    _send(connection, content())
    return noted.problem


def _serve_discard(
    connection: "Connection[Any, Any]", files: Callable[[], TrialFiles], reference: str
) -> Problem:
    with _Noted() as noted:
        files().discard(reference)
    return noted.problem


SERVE: dict[str, Callable[..., Problem]] = {
    "write": _serve_write,
    "read": _serve_read,
    "discard": _serve_discard,
}


class _Noted:
    """A context that ends with what goes wrong in it, and notes that as its `problem`."""

    problem: Problem = None

    def __enter__(self) -> "_Noted":
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, STORE_ERRORS):
            return False
        self.problem = str(error) or type(error).__name__
        return True


def _raise(problem: Problem) -> None:
    if problem is not None:
        raise OSError(problem)


def _send(connection: "Connection[Any, Any]", chunks: Iterable[Chunk]) -> None:
    with _socket(connection) as peer:
        for chunk in chunks:
            for start in range(0, len(chunk), CHUNK_BYTES):
                part = chunk[start : start + CHUNK_BYTES]
                peer.sendall(LENGTH.pack(len(part)))
                peer.sendall(part)
        peer.sendall(LENGTH.pack(0))


def _receive(connection: "Connection[Any, Any]") -> Iterator[Chunk]:
    buffer = memoryview(bytearray(CHUNK_BYTES))
    with _socket(connection) as peer:
        while (length := LENGTH.unpack(_filled(peer, buffer[: LENGTH.size]))[0]) > 0:
            yield _filled(peer, buffer[:length])


def _filled(peer: socket.socket, buffer: memoryview) -> memoryview:
    """Fill a buffer with what comes; raises ConnectionError if the other side is gone."""
    done = 0
    while done < len(buffer):
        count = peer.recv_into(buffer[done:], flags=socket.MSG_WAITALL)
        if not count:
            raise ConnectionError("the connection ended")
        done += count
    return buffer


def _socket(connection: "Connection[Any, Any]") -> socket.socket:
    return socket.socket(fileno=os.dup(connection.fileno()))
