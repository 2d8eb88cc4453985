"""Ray, started once for a module, what opens pools over it, and every store."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import ray

from hpsearch.store import StudyStore
from tests.contract.pools import Opener
from tests.contract.stores import OPENERS, Open, in_s3
from tests.s3 import Server, s3_server
from tests.support import write_trainables


@pytest.fixture(scope="module")
def running_ray() -> Iterator[None]:
    """Start Ray once: a pool uses the one that runs, and leaves it running."""
    ray.init("local", include_dashboard=False, log_to_driver=False, num_cpus=2)
    yield
    ray.shutdown()


@pytest.fixture(params=["local", "ray"])
def open_pool(
    request: pytest.FixtureRequest, running_ray: None, tmp_path: Path
) -> Iterator[Opener]:
    opener = Opener(request.param, write_trainables(tmp_path / "with a space"))
    yield opener
    opener.close()


@pytest.fixture
def open_ray(running_ray: None, tmp_path: Path) -> Iterator[Opener]:
    opener = Opener("ray", write_trainables(tmp_path))
    yield opener
    opener.close()


@pytest.fixture(scope="session")
def s3() -> Iterator[Server]:
    with s3_server() as server:
        yield server


@pytest.fixture(params=[*OPENERS, pytest.param("s3", marks=pytest.mark.slow)])
def stores(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    if request.param != "s3":
        return OPENERS[request.param](tmp_path)
    server: Server = request.getfixturevalue("s3")
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    return in_s3(server.new_address())


@pytest.fixture
def study(stores: Open) -> StudyStore:
    return stores().study("sample")
