"""One real search through the command line, its UI, and a browser; shared by all tests here."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver

from tests.browser.page import Page, chromium

HERE = Path(__file__).parent
PICTURES = "HPSEARCH_TEST_PICTURES"
"""Environment variable: the folder for what the browser saw; default: one of pytest's own."""

COMMAND = (sys.executable, "-m", "hpsearch")
_pictures: list[Path] = []


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for folder in _pictures:
        terminalreporter.write_line(f"what the browser saw: {folder}")


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    named = os.environ.get(PICTURES)
    folder = Path(named).resolve() if named else tmp_path_factory.mktemp("pictures")
    folder.mkdir(parents=True, exist_ok=True)
    _pictures.append(folder)
    return folder


@pytest.fixture(scope="session")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which the study `quick` was searched to its end."""
    folder = tmp_path_factory.mktemp("searched")
    for name in ("quick.py", "quick.yaml"):
        shutil.copy(HERE / name, folder)
    call(folder, "run", "quick.yaml")
    return folder


@pytest.fixture(scope="session")
def study(searched: Path) -> dict[str, Any]:
    """Return what `hpsearch show --json` says of the study."""
    shown: dict[str, Any] = json.loads(call(searched, "show", "quick", "--json"))
    return shown


@pytest.fixture(scope="session")
def address(searched: Path) -> Iterator[str]:
    """Return the address that `hpsearch ui` prints, while it runs."""
    command = [*COMMAND, "ui", "quick"]
    with subprocess.Popen(
        command, cwd=searched, env=surroundings(), stdout=subprocess.PIPE, text=True
    ) as ui:
        assert ui.stdout is not None
        yield ui.stdout.readline().strip()
        ui.terminate()
    assert ui.returncode == 0


@pytest.fixture(scope="session")
def driver() -> Iterator[webdriver.Chrome]:
    with chromium() as started:
        yield started


@pytest.fixture
def page(driver: webdriver.Chrome, pictures: Path) -> Iterator[Page]:
    """Return the browser; afterwards its console must be clean."""
    page = Page(driver, pictures)
    yield page
    assert page.complaints() == []


def call(folder: Path, *arguments: str) -> str:
    """Run a command to its end; return what it printed."""
    ended = subprocess.run(  # noqa: PLW1510
        [*COMMAND, *arguments], cwd=folder, env=surroundings(), capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def surroundings() -> dict[str, str]:
    """Return an environment in which MLflow records beside the study."""
    return {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW_")}
