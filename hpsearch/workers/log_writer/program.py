"""The process that writes logs: does what the worker says over a socket."""

import json
import selectors
import socket
from contextlib import suppress

from hpsearch.workers.log_writer.live import Live
from hpsearch.workers.log_writer.log import CHUNK, Log


class Program:
    """Serves a worker until it is gone and all pipes are closed."""

    def __init__(self, control: socket.socket, live: Live) -> None:
        self._control = control
        self._live = live
        self._logs: list[Log] = []
        self._selector = selectors.DefaultSelector()
        self._selector.register(control, selectors.EVENT_READ)

    def run(self) -> None:
        self._answer()  # the worker waits for this process to start
        while self._selector.get_map():
            for key, _ in self._selector.select(self._seconds()):
                if key.data is None:
                    self._listen()
                elif not key.data.read():
                    self._forget(key.data)
            for log in self._logs:
                log.write_overdue()

    def _seconds(self) -> float | None:
        due = [seconds for log in self._logs if (seconds := log.seconds_until_due()) is not None]
        return min(due, default=None)

    def _listen(self) -> None:
        try:
            message, pipes, _, _ = socket.recv_fds(self._control, CHUNK, 1)
        except OSError:
            message, pipes = b"", []
        if not message:
            self._selector.unregister(self._control)
        for line in message.splitlines():
            told = json.loads(line)
            if isinstance(told, list):
                path, prefix = told
                self._begin(Log(path, pipes[0], self._live, prefix))
            else:
                self._catch_up(is_end=told is None)

    def _begin(self, log: Log) -> None:
        self._logs.append(log)
        self._selector.register(log.pipe, selectors.EVENT_READ, log)

    def _catch_up(self, *, is_end: bool) -> None:
        """Write what was printed so far; at the end also a line that is not whole."""
        if self._logs:
            self._logs[-1].catch_up()
            if is_end:
                self._logs[-1].finish()
        self._answer()

    def _answer(self) -> None:
        with suppress(OSError):
            self._control.sendall(b"\n")

    def _forget(self, log: Log) -> None:
        log.finish()
        self._selector.unregister(log.pipe)
        self._logs.remove(log)
        log.close()


def main(control: int, live: int) -> None:
    """Serve the worker at the other end of the socket `control`; `live` 0: nobody watches."""
    Program(socket.socket(fileno=control), Live(live or None)).run()
