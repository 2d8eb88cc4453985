"""A process of the script, at the other end of a connection."""

import json
import select
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

TICK_SECONDS = 0.01
"""How often something else is done while the process writes its checkpoint."""


class HungUp(Exception):
    """The process died, or its checkpoint failed, before the checkpoint was written."""


class Peer:
    """Sends and receives lines of JSON."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(None)
        self._connection = connection
        self._received = b""

    def receive(self) -> bytes | None:
        """Return a line if it is whole, else None; waits if nothing has arrived.

        Raises HungUp if the process is gone, also if it died in the middle of a line.
        """
        try:
            data = self._connection.recv(1 << 16)
        except OSError:
            data = b""
        if not data:
            raise HungUp
        self._received += data
        if not data.endswith(b"\n"):
            return None
        line, self._received = self._received, b""
        return line

    def send(self, message: Mapping[str, object]) -> None:
        """Send a message; if the process is gone, it is lost, and `receive` will raise."""
        with suppress(OSError):
            self._connection.sendall(json.dumps(message).encode() + b"\n")

    def save(self, folder: Path, meanwhile: Callable[[], None]) -> None:
        """Have the process write its checkpoint into a folder; raises HungUp."""
        self.send({"save": str(folder)})
        is_saved = False
        while not is_saved:
            meanwhile()
            ready, _, _ = select.select([self], [], [], TICK_SECONDS)
            is_saved = bool(ready) and self.receive() is not None

    def fileno(self) -> int:
        """Return the descriptor, for `selectors`."""
        return self._connection.fileno()

    def close(self) -> None:
        """End the connection, also in processes that were forked meanwhile and have it, too."""
        with suppress(OSError):  # the other side has ended it
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()
