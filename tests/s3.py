"""A real S3 server in a process of its own, and a proxy between it and whoever uses it."""

import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.ports import free_port

BUCKET = "studies"
SECRETS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}


@dataclass(frozen=True)
class Server:
    """A server that runs, with a bucket in it."""

    port: int
    process: "subprocess.Popen[bytes]"
    host: str = "127.0.0.1"

    def environment(self, port: int | None = None) -> dict[str, str]:
        """Return what names it, or what stands before it at that port."""
        endpoint = f"http://{self.host}:{port or self.port}"
        return {**SECRETS, "AWS_ENDPOINT_URL": endpoint, "AWS_ALLOW_HTTP": "true"}

    def new_address(self) -> str:
        """Return an address of studies in it where none are."""
        return f"s3://{BUCKET}/{uuid.uuid4().hex}"


@contextmanager
def s3_server(host: str = "127.0.0.1") -> Iterator[Server]:
    """Run a server at an address of this machine; in the end it is gone."""
    port = free_port(host)
    command = [sys.executable, "-m", "moto.server", "-H", host, "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        server = Server(port, process, host)
        _make_bucket(server)
        yield server
    finally:
        process.kill()
        process.wait()


def _make_bucket(server: Server, seconds: float = 240) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection((server.host, server.port)).close()
            break
        except OSError:
            assert time.monotonic() < end and server.process.poll() is None, "no server"
            time.sleep(0.05)
    url = f"http://{server.host}:{server.port}/{BUCKET}"
    with urllib.request.urlopen(urllib.request.Request(url, method="PUT")):
        pass
