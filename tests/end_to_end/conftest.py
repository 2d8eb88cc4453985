"""A command in the tests' own process, beside those that tests run in a process of its own."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from hpsearch.cli.app import main
from tests.postgres import NotStarted, postgres

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def postgres_address() -> Iterator[str]:
    """Return the `host:port` of a PostgreSQL; the test is skipped if none can be started here."""
    with ExitStack() as stack:
        try:
            address = stack.enter_context(postgres())
        except NotStarted as problem:
            pytest.skip(str(problem))
        yield address


@pytest.fixture
def in_process(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Return what runs a command in a folder in this process, which has torch and MLflow loaded.

    A process of its own would take seconds of a core to load them.
    """
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)

    def run(folder: Path, *words: object, code: int = 0) -> "subprocess.CompletedProcess[str]":
        monkeypatch.chdir(folder)
        command = [*map(str, words)]
        with pytest.raises(SystemExit) as ended:
            main(command)
        out, err = capfd.readouterr()
        assert int(ended.value.code or 0) == code, err[-4000:] + out[-2000:]
        return subprocess.CompletedProcess(command, code, out, err)

    return run
