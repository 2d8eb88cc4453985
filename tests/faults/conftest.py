"""A bench per test: a folder, an experiment in it, and nothing of it alive at the end."""

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.harness import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "work")
    made.write()
    yield made
    try:
        made.wait_until_nothing_is_left()
    finally:
        for process in made.processes():
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


@pytest.fixture
def other() -> Iterator[str]:
    """The temporary folder of another node than the head; its path is short, for Ray's sockets."""
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:
        yield folder
