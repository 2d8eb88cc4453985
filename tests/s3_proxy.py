"""A proxy before an S3 server: it delays, refuses, cuts short, goes away and comes back."""

import http.client
import itertools
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.s3 import Server


class Proxy(ThreadingHTTPServer):
    """Passes requests on, one by one; what it is told holds for all that come from then on."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, behind: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = behind
        self.seconds = 0.0
        """Each answer comes so much later."""
        self.refuse_each = 0
        """Of so many requests, one is answered by 503."""
        self.cut_each = 0
        """Of so many writes, the server gets half of one, and nobody an answer."""
        self.is_away = False
        """Whether connections are closed without an answer."""
        self.requests: list[str] = []
        """The method and path of each."""
        self._refusals, self._writes = itertools.count(1), itertools.count(1)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def refuses(self) -> bool:
        return bool(self.refuse_each) and next(self._refusals) % self.refuse_each == 0

    def cuts(self) -> bool:
        return bool(self.cut_each) and next(self._writes) % self.cut_each == 0

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: connections are broken on purpose here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._behind = http.client.HTTPConnection("127.0.0.1", self.server.behind)

    def do_GET(self) -> None:
        proxy = self.server
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        proxy.requests.append(f"{self.command} {self.path}")
        time.sleep(proxy.seconds)
        if proxy.is_away:
            self.close_connection = True
        elif proxy.refuses():
            self._answer(503, [], b"<Code>SlowDown</Code><Message>Reduce it.</Message>")
        elif self.command == "PUT" and proxy.cuts():
            self._cut(body)
        else:
            self._pass_on(body)

    do_PUT = do_POST = do_DELETE = do_HEAD = do_GET  # noqa: N815 (http.server's names)

    def _pass_on(self, body: bytes) -> None:
        self._behind.request(self.command, self.path, body, dict(self.headers.items()))
        answer = self._behind.getresponse()
        self._answer(answer.status, answer.getheaders(), answer.read())

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        if self.server.is_away:  # it went while it had the request
            self.close_connection = True
            return
        self.send_response(status)
        sizes = [value for name, value in headers if name.lower() == "content-length"]
        kept = {"transfer-encoding", "connection", "content-length", "date", "server"}
        for name, value in headers:
            if name.lower() not in kept:
                self.send_header(name, value)
        is_head = self.command == "HEAD"
        self.send_header("Content-Length", sizes[0] if is_head and sizes else str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if is_head else body)

    def _cut(self, body: bytes) -> None:
        self._behind.putrequest(self.command, self.path, skip_host=True)
        for name, value in self.headers.items():
            self._behind.putheader(name, value)
        self._behind.endheaders(body[: len(body) // 2])
        self._behind.close()
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def proxy_before(server: Server) -> Iterator[Proxy]:
    """Run a proxy in a thread."""
    proxy = Proxy(server.port)
    thread = threading.Thread(target=proxy.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()
