"""What connects a worker's process with the driver: events come one way, decisions go the other.

A worker runs its trainable in its main thread, where Ray's calls cannot reach it meanwhile. So it
connects to the driver by TCP. Both prove that they know a key, which Ray hands to the worker,
before anything is unpickled.
"""

import os
import secrets
import socket
import struct
import threading
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, answer_challenge, deliver_challenge, wait
from typing import Any

from hpsearch.common.checkpoints import TrialFiles
from hpsearch.workers.remote_files import serve_files

HANDSHAKE_SECONDS = 20.0
"""How long a peer may take to connect and to prove that it knows the key."""

READ_SECONDS = 600
"""How long the rest of a message may take: it may carry what an attempt printed."""

FILES_OF = "files of "
"""What the name of a connection for a worker's files begins with (`remote_files.py`)."""

KEEPALIVE = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 6, "TCP_USER_TIMEOUT": 45_000}
"""A machine that vanishes is noticed within 45 seconds, if the system can do that."""

BROKEN = (EOFError, OSError)
"""What a connection raises when the other side is gone."""


@dataclass(frozen=True)
class Address:
    """Where the driver listens, and the key that it asks for."""

    host: str
    port: int
    key: bytes = field(repr=False)


class WorkerConnections:
    """Accepts the workers' connections, each known by its worker's name."""

    def __init__(self, host: str) -> None:
        self._listener = socket.create_server((host, 0))
        self.address = Address(host, self._listener.getsockname()[1], secrets.token_bytes(32))
        self._connections: dict[str, Connection[Any, Any]] = {}
        self._files: dict[str, TrialFiles] = {}
        self._woken, self._waker = socket.socketpair()
        threading.Thread(target=self._accept, name="hpsearch-connections", daemon=True).start()

    def __contains__(self, name: str) -> bool:
        """Return whether a worker has connected."""
        return name in self._connections

    def wait(self, names: Collection[str], seconds: float) -> set[str]:
        """Return the workers that have sent something, or are gone.

        Returns early if a worker connects, or at `wake`.
        """
        known = {self._connections[name]: name for name in names if name in self._connections}
        ready = wait([*known, self._woken], seconds)
        if self._woken in ready:
            self._woken.recv(4096)
        return {known[connection] for connection in known if connection in ready}

    def wake(self) -> None:
        """Have a `wait` that is under way return."""
        with suppress(OSError):  # closed
            self._waker.send(b"1")

    def receive(self, name: str) -> Any:
        """Return a worker's message; raises one of `BROKEN` if the worker is gone."""
        return self._connections[name].recv()

    def send(self, name: str, message: object) -> None:
        """Send a message; if the worker is gone, it is lost, and `receive` will raise."""
        if name in self._connections:
            with suppress(*BROKEN):
                self._connections[name].send(message)

    def share(self, name: str, files: TrialFiles) -> None:
        """Let a worker reach a trial's files, instead of those before."""
        self._files[name] = files

    def drop(self, name: str) -> None:
        """Close the connection of a worker that will be ended."""
        self._files.pop(name, None)
        if name in self._connections:
            self._connections.pop(name).close()

    def drop_all(self) -> None:
        """Close the connections of all workers."""
        for name in list(self._connections):
            self.drop(name)

    def close(self) -> None:
        """Close everything; workers that are still there end themselves."""
        with suppress(OSError):  # closed already
            self._listener.shutdown(socket.SHUT_RDWR)  # the thread that accepts wakes up
        for one in (self._listener, self._woken, self._waker):
            one.close()
        self.drop_all()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                peer, _ = self._listener.accept()
                # a thread for each: a peer that sends nothing blocks nobody else
                threading.Thread(
                    target=self._authenticate, args=(peer,), name="hpsearch-peer", daemon=True
                ).start()

    def _authenticate(self, peer: socket.socket) -> None:
        with suppress(*BROKEN, AuthenticationError):
            connection = _connection(peer, HANDSHAKE_SECONDS)
            deliver_challenge(connection, self.address.key)
            answer_challenge(connection, self.address.key)
            name = connection.recv_bytes(100).decode()
            if name.startswith(FILES_OF):
                _set_read_timeout(connection, 0)
                serve_files(connection, lambda: self._files[name.removeprefix(FILES_OF)])
                return
            _set_read_timeout(connection, READ_SECONDS)
            self._connections[name] = connection
            self.wake()


def connect(address: Address, name: str) -> "Connection[Any, Any]":
    """Return a worker's connection to the driver; raises OSError if it cannot be reached.

    It is closed in forked children: else the driver would not notice that their parent is dead.
    """
    peer = socket.create_connection((address.host, address.port), HANDSHAKE_SECONDS)
    connection = _connection(peer, HANDSHAKE_SECONDS)
    answer_challenge(connection, address.key)
    deliver_challenge(connection, address.key)
    connection.send_bytes(name.encode())
    _set_read_timeout(connection, 0)
    os.register_at_fork(after_in_child=connection.close)
    return connection


def _connection(peer: socket.socket, seconds: float) -> "Connection[Any, Any]":
    """Return a connection over a socket, on which no read takes longer than `seconds`."""
    peer.settimeout(None)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in KEEPALIVE.items():
        if hasattr(socket, option):
            peer.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    connection: Connection[Any, Any] = Connection(peer.detach())
    _set_read_timeout(connection, seconds)
    return connection


def _set_read_timeout(connection: "Connection[Any, Any]", seconds: float) -> None:
    """Let a read fail that gets nothing for so long; 0 waits for ever."""
    with socket.socket(fileno=os.dup(connection.fileno())) as same:
        same.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", int(seconds), 0))
