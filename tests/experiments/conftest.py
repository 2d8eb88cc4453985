"""The experiments' folder on the path, as the engine puts it there, and MNIST out of the home."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

EXPERIMENTS = Path(__file__).parents[2] / "experiments"
sys.path.insert(0, str(EXPERIMENTS))


@pytest.fixture(scope="session", autouse=True)
def mnist_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One cache for the session, so that the files are unpacked once and no home is touched."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "HPSEARCH_MNIST_CACHE", str(tmp_path_factory.mktemp("mnist")))
        yield
