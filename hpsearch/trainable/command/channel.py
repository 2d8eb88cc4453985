"""What `hpsearch.report` in a command's Python script talks to: it brings the trial to the script.

A Unix socket; each message is a line of JSON, so that the script may have another Python and
another version of hpsearch. A script sends one request and waits for its answer:

    script   {"ask": "report", "step": 3, "metrics": {"loss": 0.1}, "savable": true}
    channel  {"save": "/a/folder"}         if the engine wants a checkpoint; files go by this folder
    script   {"saved": true}               when it is written; one that fails hangs up instead
    channel  {"answer": null}, {"stopped": reason} or {"error": "ValueError", "message": text}

Any process and thread of the script may ask, each process over its own connection.
"""

import json
import os
import socket
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

from hpsearch.common.decision import TrialStopped
from hpsearch.trainable.command.answers import answer
from hpsearch.trainable.command.peer import HungUp, Peer
from hpsearch.trainable.contract import Trial
from hpsearch.trainable.script.client import VARIABLE

LONGEST_FOLDER = 76
"""A socket's path has 104 bytes at most on some systems; 28 are for what is made in the folder."""


class Channel:
    """Serves the processes of one command, in the thread that calls `handle`.

    Use it as a context manager, with `selectors`: it is readable when there is something to handle.
    """

    def __init__(
        self,
        trial: Trial,
        params: Mapping[str, Any],
        *,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> None:
        """`params` is what `hpsearch.trial().params` gives: values that JSON has.

        `meanwhile` is called again and again while a process writes a checkpoint: it must read what
        the command prints, without waiting, else the process would wait for that.
        """
        self._trial = trial
        self._params = params
        self._meanwhile = meanwhile

    def __enter__(self) -> Self:
        self._folder = TemporaryDirectory(  # only this user may enter it
            prefix=".hpsearch-", dir=_parent(self._trial.scratch), ignore_cleanup_errors=True
        )
        self._address = str(Path(self._folder.name, "channel"))
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self._address)
        self._listener.listen(128)
        self._listener.setblocking(False)
        self._selector = DefaultSelector()
        self._selector.register(self._listener, EVENT_READ)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it: processes that still wait for an answer get an error."""
        for key in self._selector.get_map().values():
            if isinstance(key.fileobj, Peer):
                key.fileobj.close()
        self._selector.close()
        self._listener.close()
        self._folder.cleanup()

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables with which the script finds it."""
        return {VARIABLE: self._address}

    def fileno(self) -> int:
        """Return the descriptor that is readable when there is something to handle."""
        return self._selector.fileno()

    def handle(self) -> None:
        """Handle what has arrived; returns at once if no request is whole.

        Raises TrialStopped when the script knows that it is stopped: its own TrialStopped is on the
        way, so give it time to end by itself. Call `handle` again until then: whatever else reports
        is stopped, too. Raises what `trial.report` raises, except for wrong values: they are the
        script's own error.
        """
        for key, _ in self._selector.select(0):
            if isinstance(key.fileobj, Peer):
                self._serve(key.fileobj)
            else:
                connection, _ = self._listener.accept()
                self._selector.register(Peer(connection), EVENT_READ)

    def _serve(self, peer: Peer) -> None:
        """Read what a process has sent, and answer if its request is whole."""
        try:
            line = peer.receive()
            if line is not None:
                peer.send(self._answer(peer, line))
        except TrialStopped as stop:
            peer.send({"stopped": str(stop)})
            raise
        except HungUp:
            self._selector.unregister(peer)
            peer.close()

    def _answer(self, peer: Peer, line: bytes) -> Mapping[str, object]:
        try:
            save = partial(peer.save, meanwhile=self._meanwhile)
            request = json.loads(line)
            return {"answer": answer(request, trial=self._trial, params=self._params, save=save)}
        except TypeError as error:
            return {"error": "TypeError", "message": str(error)}
        except ValueError as error:
            return {"error": "ValueError", "message": str(error)}


def _parent(scratch: Path) -> Path:
    """Return where to make the socket's folder: in the trial's, if its path is not too long."""
    is_short = len(os.fsencode(scratch)) <= LONGEST_FOLDER
    return scratch if is_short else Path("/tmp")  # noqa: S108 (a folder of a random name in it)
