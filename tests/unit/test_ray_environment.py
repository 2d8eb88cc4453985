"""The token of Ray's calls: always asked for, for this person alone, and never in the way."""

import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hpsearch.workers.ray.environment import TOKENS, prepare


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in (*TOKENS, "RAY_AUTH_MODE"):
        monkeypatch.setenv(name, "")  # so that it is as before after the test
        monkeypatch.delenv(name)
    return tmp_path


@pytest.mark.parametrize("mode", [None, "token"])
def test_a_token_is_made_for_this_person_alone(
    home: Path, monkeypatch: pytest.MonkeyPatch, mode: str | None
) -> None:
    if mode is not None:
        monkeypatch.setenv("RAY_AUTH_MODE", mode)
    before = os.umask(0)
    try:
        prepare()
    finally:
        os.umask(before)
    file = home / ".ray" / "auth_token"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert os.environ["RAY_AUTH_MODE"] == "token"
    token = file.read_text()
    prepare()
    assert file.read_text() == token


def test_those_who_start_at_once_share_one_token(home: Path) -> None:
    together = threading.Barrier(8)

    def token() -> str:
        together.wait(60)
        prepare()
        return (home / ".ray" / "auth_token").read_text()

    with ThreadPoolExecutor(8) as threads:
        found = [threads.submit(token) for _ in range(8)]
    assert len({one.result() for one in found}) == 1


def test_without_a_home_the_token_is_in_memory(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/proc/nowhere")
    prepare()
    assert len(os.environ["RAY_AUTH_TOKEN"]) == 64


@pytest.mark.parametrize("name", ["RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH", "RAY_AUTH_MODE"])
def test_what_is_set_already_stands(home: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "disabled")
    prepare()
    assert os.environ[name] == "disabled"
    assert not (home / ".ray").exists()


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"TMPDIR": "/tmp/mine"}, "/tmp/mine/ray"),
        ({"TMPDIR": "/scratch/" + "a" * 40}, "/tmp/ray"),
        ({"TMPDIR": "/scratch/" + "ä" * 14}, "/tmp/ray"),  # 2 bytes each
        ({"RAY_TMPDIR": "/data", "TMPDIR": "/scratch/" + "a" * 40}, "/data/ray"),
        ({}, "/tmp/ray"),
    ],
)
def test_ray_keeps_its_sockets_where_their_path_is_short_enough(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], folder: str
) -> None:
    from hpsearch.workers.ray.start import temporary_folder  # here: it imports Ray

    for name in ("TMPDIR", "RAY_TMPDIR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert temporary_folder() == folder
