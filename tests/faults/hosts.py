"""Hosts on one machine: network namespaces joined by a bridge, each with file systems of its own.

This machine is one of them, with the head and the driver. On the others the driver's folder is an
empty one, and so are Ray's temporary folder and the shared memory.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.faults.cluster import RayCluster
from tests.faults.harness import Bench

HIDE = """\
for folder; do
    case "$folder" in --) shift; break ;; esac
    mkdir -p "$folder" && mount -t tmpfs none "$folder" || exit 1
    shift
done
cd / && exec "$@"
"""
"""Hides folders behind empty ones, in a mount namespace, and runs what comes after `--`."""

REACH = """\
import socket, sys
socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=10).close()
"""


class NoHosts(Exception):
    """Hosts cannot be made here, for this reason."""


class Network:
    """A bridge, at which this machine has the address `here`, and hosts beside it."""

    def __init__(self) -> None:
        self._word = secrets.token_hex(3)
        self._net = f"10.{secrets.randbelow(100) + 100}.{secrets.randbelow(250) + 1}"
        self._hosts: dict[str, str] = {}
        self.here = f"{self._net}.1"

    def open(self) -> None:
        """Make the bridge; raises NoHosts."""
        if os.getuid() != 0:
            raise NoHosts("network namespaces need root")
        if shutil.which("ip") is None:
            raise NoHosts("there is no `ip` (Debian: apt-get install iproute2)")
        self._ip("link", "add", self._bridge, "type", "bridge")
        self._ip("addr", "add", f"{self.here}/24", "dev", self._bridge)
        self._ip("link", "set", self._bridge, "up")

    def add(self, number: int) -> str:
        """Make a host and return its address; raises NoHosts if it does not reach this machine."""
        host, name = f"{self._net}.{number}", f"hps-{self._word}-{number}"
        self._hosts[host] = name
        outer, inner = self._cable(host), f"hps{self._word}i{number}"
        self._ip("netns", "add", name)
        self._ip("link", "add", outer, "type", "veth", "peer", "name", inner)
        self._ip("link", "set", outer, "master", self._bridge, "up")
        self._ip("link", "set", inner, "netns", name)
        self._ip("-n", name, "addr", "add", f"{host}/24", "dev", inner)
        self._ip("-n", name, "link", "set", inner, "up")
        self._ip("-n", name, "link", "set", "lo", "up")
        self._check(host)
        return host

    def cut_off(self, host: str) -> None:
        """Pull a host's cable."""
        self._ip("link", "set", self._cable(host), "down")

    def on(self, host: str, *hidden: Path) -> list[str]:
        """Return the words before a command that run it on a host, without these folders."""
        folders = [*map(str, hidden), "--"]
        return [
            *("ip", "netns", "exec", self._hosts[host]),
            *("unshare", "--mount", "sh", "-c", HIDE, "hide", *folders),
        ]

    def close(self) -> None:
        """Remove all of it, and kill what still runs on a host: Ray's agents outlive it."""
        for host, name in self._hosts.items():
            for pid in _output("netns", "pids", name).split():
                with suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
            _output("link", "delete", self._cable(host))
            _output("netns", "delete", name)
        _output("link", "delete", self._bridge)

    def _cable(self, host: str) -> str:
        """Return the name of this machine's end of a host's cable."""
        return f"hps{self._word}o{host.rpartition('.')[2]}"

    @property
    def _bridge(self) -> str:
        return f"hps{self._word}"

    def _check(self, host: str) -> None:
        with socket.create_server((self.here, 0)) as server:
            words = [*self.on(host), sys.executable, "-c", REACH]
            command = [*words, *map(str, server.getsockname())]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise NoHosts(f"a namespace does not reach this machine: {done.stderr[-500:]}")

    def _ip(self, *words: str) -> None:
        done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise NoHosts(f"`ip {' '.join(words)}`: {done.stderr.strip()}")


def _output(*words: str) -> str:
    """Return what `ip` prints; nothing if it fails, or is not there."""
    if shutil.which("ip") is None:
        return ""
    return subprocess.run(["ip", *words], capture_output=True, text=True, check=False).stdout


class HostCluster(RayCluster):
    """A Ray cluster whose head is here, and whose other nodes are each on a host."""

    def __init__(self, bench: Bench, network: Network) -> None:
        super().__init__(bench, host=network.here)
        self._network = network
        self.here = network.here
        self.hosts: list[str] = []

    def add_host(self) -> None:
        """Start a host with a node of one CPU."""
        self.hosts.append(self._network.add(len(self.hosts) + 2))
        self.add(self.hosts[-1])

    def cut_off(self, host: str) -> None:
        self._network.cut_off(host)

    def _before(self, ip: str) -> list[str]:
        if ip == self._network.here:
            return []
        temporary = Path(os.environ.get("RAY_TMPDIR") or tempfile.gettempdir()) / "ray"
        return self._network.on(ip, self._bench.folder, temporary, Path("/dev/shm"))


@contextmanager
def host_cluster(bench: Bench, cpus: int) -> Iterator[HostCluster]:
    """Start a head with so many CPUs here; the test is skipped if hosts cannot be made."""
    network = Network()
    try:
        try:
            network.open()
            network.add(250)  # whether they can be made shows before Ray takes its time
        except NoHosts as problem:
            pytest.skip(str(problem))
        cluster = HostCluster(bench, network)
        try:
            cluster.start_head(cpus)
            yield cluster
        finally:
            cluster.end()
    finally:
        network.close()
