"""Addresses where no search can run: refused within seconds, by exit code 2; nothing starts."""

import http.server
import platform
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
import ray

from tests.faults.cluster import RayCluster, ray_cluster
from tests.faults.harness import Bench

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(1600),
    pytest.mark.filterwarnings("ignore"),  # MLflow in this process warns of its own libraries
]

SECONDS = 90
"""On a busy machine; Ray alone would print lines meanwhile, which `refused` looks for."""

OF_ANOTHER_VERSION = """\
ray._raylet.GcsClient(address=sys.argv[1]).internal_kv_put(
    b"CLUSTER_METADATA", json.dumps({"ray_version": "%s", "python_version": "%s"}).encode(),
    True, b"cluster")"""
"""What a head writes when it starts."""


def refused(bench: Bench, address: str, **environment: str) -> str:
    """Return what a search at an address says, which is refused."""
    bench.environment.update(environment)
    bench.write(resources={"ray_address": address, "gpus_per_trial": 0})
    said = bench.run(code=2, seconds=SECONDS)
    assert "Traceback" not in said and "gcs_client.cc" not in said
    assert not bench.paths.root.exists() and not bench.processes()
    return said


def test_a_token_that_does_not_fit_or_is_missing_is_told_apart(bench: Bench) -> None:
    with ray_cluster(bench, cpus=1) as cluster:
        own = dict(bench.environment)
        clients = Bench(bench.folder / "client")
        said = refused(clients, cluster.address, RAY_AUTH_TOKEN=secrets.token_hex(32))
        assert "error[ray-token]" in said and "that of RAY_AUTH_TOKEN here" in said
        said = refused(clients, cluster.address, RAY_AUTH_MODE="disabled")
        assert "error[ray-token]" in said and "RAY_AUTH_MODE is `disabled` here" in said
        gone = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "", "RAY_AUTH_TOKEN_PATH": "/nowhere"}
        said = refused(clients, cluster.address, **gone)
        assert "error[ray-token]" in said and "/nowhere" in said
        clients.environment = own
        clients.write(resources={"ray_address": cluster.address, "gpus_per_trial": 0})
        clients.run(seconds=150)


def test_a_cluster_without_a_token_is_joined_only_without_one(bench: Bench) -> None:
    cluster = RayCluster(bench, mode="disabled")
    try:
        cluster.start_head(cpus=1)
        clients = Bench(bench.folder / "client")
        token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
        said = refused(clients, cluster.address, **token)
        assert "error[ray-token]" in said and "set RAY_AUTH_MODE=disabled" in said
        clients.environment["RAY_AUTH_MODE"] = "disabled"
        clients.run(seconds=150)
    finally:
        cluster.end()


def test_another_version_of_ray_or_python_is_said_with_both(bench: Bench) -> None:
    with ray_cluster(bench, cpus=1) as cluster:
        cluster.call(OF_ANOTHER_VERSION % ("2.59.0", "3.12.1"))
        clients = Bench(bench.folder / "client", environment=bench.environment)
        said = refused(clients, cluster.address)
        assert "error[ray-version]" in said and "has Ray 2.59.0 and Python 3.12.1" in said
        assert f"here are Ray {ray.__version__} and Python {platform.python_version()}." in said


@contextmanager
def web_server() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def silence() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def nobody() -> Iterator[str]:
    yield "127.0.0.1:9"


@pytest.mark.parametrize("listens", [web_server, silence, nobody])
def test_where_no_ray_listens_is_told_at_once(
    bench: Bench, listens: Callable[[], AbstractContextManager[str]]
) -> None:
    with listens() as address:
        said = refused(bench, address)
        assert f"error[no-ray]: cannot connect to Ray at {address}." in said
