"""A Ray cluster of several nodes on this machine, each with an address of its own on loopback."""

import json
import os
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.faults.harness import MARK, Bench, wait_for
from tests.ports import free_port

STORE_BYTES = "80000000"
"""Of shared memory for each node: the least that Ray takes."""

ANY_WORKER_PORT = ("--min-worker-port", "0", "--max-worker-port", "0")
"""By default each node of this machine gives its workers the same ports, from 10002 on."""

CALL = """\
import sys
from hpsearch.workers.ray.environment import prepare
prepare()
import ray
ray.init(sys.argv[1], logging_level="error", include_dashboard=False)
import json, pathlib
"""


class RayCluster:
    """Nodes that come and go; `address` is that of the head."""

    def __init__(self, bench: Bench, mode: str = "token", host: str = "127.0.0.1") -> None:
        self._bench = bench
        self._host = host
        self._port = str(free_port(host))
        self.address = f"{host}:{self._port}"
        self._nodes: dict[str, subprocess.Popen[bytes]] = {}
        self._folders: list[str] = []
        token = {"RAY_AUTH_MODE": mode, "RAY_AUTH_TOKEN": secrets.token_hex(32)}
        bench.environment |= token
        self._environment = {**os.environ, MARK: bench.mark, **token}

    def start_head(self, cpus: int = 2, **environment: str) -> None:
        """Start the head; with Redis (`RAY_REDIS_ADDRESS`) it does not end with its GCS."""
        words = ["--head", "--port", self._port, "--include-dashboard", "false"]
        block = [] if "RAY_REDIS_ADDRESS" in environment else ["--block"]
        self._start(self._host, cpus, *words, *block, **environment)

    def add(self, ip: str, cpus: int = 1, **environment: str) -> None:
        """Add a node with an address, such as 127.0.0.2, and variables; one after another.

        Its temporary folder is its own, as on a machine: Ray makes a working folder anew for each
        node, and would take it from under the workers of another.
        """
        self._folders.append(tempfile.mkdtemp(prefix="ray-"))  # short: it has Ray's sockets
        words = ["--address", self.address, "--temp-dir", self._folders[-1], "--block"]
        self._start(ip, cpus, *words, **environment)

    def _start(self, ip: str, cpus: int, *words: str, **environment: str) -> None:
        command = [*self._before(ip), sys.executable, "-m", "ray.scripts.scripts", "start", *words]
        command += ["--node-ip-address", ip, "--num-cpus", str(cpus), "--disable-usage-stats"]
        command += ["--num-gpus", "0", "--object-store-memory", STORE_BYTES, *ANY_WORKER_PORT]
        log = self._bench.folder / f"node-{ip}.log"
        with log.open("wb") as output:
            self._nodes[ip] = subprocess.Popen(
                command,
                env={**self._environment, **environment},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        wait_for(lambda: "Ray runtime started" in log.read_text(), 90, log.read_text)

    def _before(self, ip: str) -> list[str]:
        """Return the words before a node's command."""
        return []

    def kill(self, ip: str) -> None:
        """Kill all of a node at once: raylet, agents and workers, as if its machine went."""
        self.signal(ip, signal.SIGKILL)
        self._nodes.pop(ip).wait()

    def signal(self, ip: str, number: signal.Signals) -> None:
        """Send a signal to all of a node."""
        family = [self._nodes[ip].pid]
        for pid in family:
            family += self._children(pid)
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    @contextmanager
    def slow(self, ip: str) -> Iterator[None]:
        """Let a node run a tenth of the time."""
        is_over = threading.Event()

        def work() -> None:
            while not is_over.is_set():
                self.signal(ip, signal.SIGSTOP)
                is_over.wait(0.9)
                self.signal(ip, signal.SIGCONT)
                is_over.wait(0.1)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()

    def _children(self, pid: int) -> list[int]:
        command = ["pgrep", "-P", str(pid)]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        return [int(line) for line in found.stdout.split()]

    def kill_gcs(self) -> Callable[[], object]:
        """Kill the GCS; return what starts it again, with the same words and variables."""
        (pid,) = [pid for pid, text in self._bench.processes().items() if "/gcs_server " in text]
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[:-1]
        lines = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")[:-1]
        environment = dict(line.split(b"=", 1) for line in lines)
        os.kill(pid, signal.SIGKILL)
        return lambda: subprocess.Popen(words, env=environment, start_new_session=True)

    def drain(self, ip: str) -> None:
        """Have a node say that it will go in five minutes."""
        (node,) = [one["NodeID"] for one in self.call("ray.nodes()") if one["NodeName"] == ip]
        command = [sys.executable, "-m", "ray.scripts.scripts", "drain-node"]
        command += ["--address", self.address, "--node-id", node]
        command += ["--reason", "DRAIN_NODE_REASON_PREEMPTION", "--reason-message", "test"]
        command += ["--deadline-remaining-seconds", "300"]
        subprocess.run(command, check=True, capture_output=True, env=self._environment)

    def call(self, expression: str) -> Any:
        """Return what an expression over `ray` gives in a driver of its own."""
        answer = self._bench.folder / f"answer-{secrets.token_hex(4)}.json"  # Ray prints to stdout
        code = f"{CALL}pathlib.Path(sys.argv[2]).write_text(json.dumps({expression}, default=str))"
        command = [sys.executable, "-c", code, self.address, str(answer)]
        subprocess.run(command, check=True, capture_output=True, env=self._environment)
        return json.loads(answer.read_text())

    def free_cpus(self) -> float:
        """Return the CPUs that nobody has."""
        return float(self.call("ray.available_resources().get('CPU', 0)"))

    def end(self) -> None:
        """Kill all that is left of it, and of what the test started."""
        for process in self._bench.processes():
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        for node in self._nodes.values():
            node.wait()
        for folder in self._folders:
            shutil.rmtree(folder, ignore_errors=True)  # Ray's agents may write their last words


def put_programs(folder: Path, *ray_options: str) -> Path:
    """Write `ray` and `hpsearch` as they are on the PATH of an environment; return the folder.

    `ray start` gets the options as well.
    """
    folder.mkdir(exist_ok=True)
    options = shlex.join([*ANY_WORKER_PORT, *ray_options])
    programs = {"ray": ("ray.scripts.scripts", options), "hpsearch": ("hpsearch", "")}
    for name, (module, more) in programs.items():
        file = folder / name
        start = f'[ "$1" = start ] && set -- "$@" {more}\n' if more else ""
        file.write_text(f'#!/bin/sh\n{start}exec {shlex.quote(sys.executable)} -m {module} "$@"\n')
        file.chmod(0o755)
    return folder


@contextmanager
def ray_cluster(bench: Bench, cpus: int, **environment: str) -> Iterator[RayCluster]:
    """Start a head with so many CPUs; in the end nothing of the cluster is left."""
    cluster = RayCluster(bench)
    try:
        cluster.start_head(cpus, **environment)
        yield cluster
    finally:
        cluster.end()
