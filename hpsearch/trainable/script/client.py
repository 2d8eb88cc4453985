"""The script's side of the channel to the trial of which it is the command; see `channel.py`."""

import json
import os
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

VARIABLE = "HPSEARCH_CHANNEL"
"""The environment variable with the path of the channel's socket."""

ERRORS = {"TypeError": TypeError, "ValueError": ValueError}
"""What the trial raises for wrong values."""

GONE = (EOFError, ConnectionError, FileNotFoundError)
"""What the socket raises if hpsearch has ended; a signal handler may raise any other OSError."""

Save = Callable[[Path], None]


class Client:
    """Asks, and waits for the answer; threads take turns, and a forked child has its own."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._peer: socket.socket | None = None
        self._lock = threading.RLock()
        self._waits = False
        os.register_at_fork(after_in_child=self._begin_in_child)

    def ask(self, kind: str, save: Save | None = None, **content: object) -> Any:
        """Return the answer; raises TrialStopped, or what the trial raises for wrong values.

        Raises SearchFailed if hpsearch is gone, and RuntimeError if this thread already waits: a
        signal handler or the checkpoint's function must not ask.
        """
        with self._lock:
            if self._waits:
                raise RuntimeError("report: this thread already reports, and waits for the answer")
            self._waits = True
            try:
                answer = self._exchange({"ask": kind, **content}, save)
            except BaseException:  # an answer that comes later would belong to no request
                self._hang_up()
                raise
            finally:
                self._waits = False
        return _content(answer)

    def _exchange(self, request: Mapping[str, object], save: Save | None) -> Mapping[str, Any]:
        answer = self._send(request)
        if "save" in answer and save is not None:
            save(Path(answer["save"]))
            answer = self._send({"saved": True})
        return answer

    def _send(self, message: Mapping[str, object]) -> Mapping[str, Any]:
        """Send a message and return the next one."""
        try:
            peer = self._connected()
            peer.sendall(json.dumps(message).encode() + b"\n")
            received = b""
            while not received.endswith(b"\n"):
                data = peer.recv(1 << 16)
                if not data:
                    raise EOFError
                received += data
        except GONE:
            raise _gone() from None
        answer: Mapping[str, Any] = json.loads(received)
        return answer

    def _connected(self) -> socket.socket:
        if self._peer is None:
            self._peer = socket.socket(socket.AF_UNIX)
            self._peer.settimeout(None)  # the script may have set a default
            self._peer.connect(self._address)
        return self._peer

    def _hang_up(self) -> None:
        if self._peer is not None:
            self._peer.close()
            self._peer = None

    def _begin_in_child(self) -> None:
        self._hang_up()
        self._lock, self._waits = threading.RLock(), False


def _content(answer: Mapping[str, Any]) -> Any:
    if "stopped" in answer:
        from hpsearch.common.decision import TrialStopped

        raise TrialStopped(answer["stopped"])
    if "error" in answer:
        raise ERRORS.get(answer["error"], RuntimeError)(answer["message"])
    return answer["answer"]


def _gone() -> Exception:
    from hpsearch.common.errors import SearchFailed
    from hpsearch.trainable import faults

    return SearchFailed(faults.search_gone())
