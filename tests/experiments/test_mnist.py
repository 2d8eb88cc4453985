"""MNIST: the tutorial's split, a cache that can be lost or damaged, and errors that help."""

import functools
import gzip
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import mnist
import pytest
import torch
from mnist import CACHE_FILE, CACHE_VARIABLE, FILES, SHA256, SHIPPED, DatasetError
from torchvision.datasets import MNIST

LABELS = "t10k-labels-idx1-ubyte.gz"

LOAD_IN_A_PROCESS = f"""
import sys
sys.path.insert(0, {str(SHIPPED.parents[1])!r})
import mnist
training, validation = mnist.load_training("cpu")
print(training.labels.sum().item(), "torchvision" in sys.modules)
"""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder for the cache, and nothing left in this process."""
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    mnist.load_test.cache_clear()
    yield tmp_path / "cache"
    mnist.load_test.cache_clear()


@pytest.fixture
def shipped(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the shipped files that a test may damage, and no network."""
    copy = tmp_path / "shipped"
    shutil.copytree(SHIPPED, copy)
    monkeypatch.setattr(mnist, "SHIPPED", copy)
    monkeypatch.setattr(MNIST, "mirrors", ["file:///no/such/mirror/"])
    return copy


@pytest.fixture
def mirror() -> Iterator[str]:
    """The address of a server, on this machine, that has the set."""
    handler = functools.partial(SilentHandler, directory=str(SHIPPED))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class SilentHandler(SimpleHTTPRequestHandler):
    """Serves files and logs nothing."""

    def log_message(self, *_: object) -> None:
        pass


def read_idx(name: str) -> bytes:
    return gzip.decompress((SHIPPED / f"{FILES[name]}.gz").read_bytes())


def test_the_first_5000_training_images_are_the_validation_set() -> None:
    training, validation = mnist.load_training("cpu")
    assert (len(training.images), len(validation.images)) == (55_000, 5_000)
    labels = torch.cat([validation.labels, training.labels])
    assert bytes(labels.to(torch.uint8).tolist()) == read_idx("train_labels")[8:]
    pixels = (validation.images[4_999] * 255).to(torch.uint8).flatten()
    assert bytes(pixels.tolist()) == read_idx("train_images")[16 + 4_999 * 784 :][:784]


def test_the_test_set_is_the_10000_other_images() -> None:
    test = mnist.load_test("cpu")
    assert bytes(test.labels.to(torch.uint8).tolist()) == read_idx("test_labels")[8:]


def test_pixels_are_float32_from_0_to_1() -> None:
    images, labels = mnist.load_test("cpu")
    assert images.shape == (10_000, 1, 28, 28)
    assert (images.dtype, labels.dtype) == (torch.float32, torch.int64)
    assert (images.min().item(), images.max().item()) == (0.0, 1.0)


def test_a_process_loads_the_set_once() -> None:
    assert mnist.load_training("cpu") is mnist.load_training("cpu")


def test_the_hashes_are_those_of_the_readme() -> None:
    rows = [line.split() for line in (SHIPPED / "README.md").read_text().splitlines()]
    published = {row[1]: row[0] for row in rows if len(row) == 4 and len(row[0]) == 64}
    assert published == {FILES[name]: SHA256[name] for name in FILES}


@pytest.mark.slow
def test_processes_that_unpack_at_once_leave_one_whole_cache(cache: Path) -> None:
    def start() -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", LOAD_IN_A_PROCESS]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    both = [start(), start()]
    outputs = [process.communicate(timeout=300)[0].split() for process in both]
    assert [output[0] for output in outputs] == [outputs[0][0]] * 2
    assert [path.name for path in cache.iterdir()] == [CACHE_FILE]
    later = start().communicate(timeout=300)[0].split()
    assert later == [outputs[0][0], "False"], "a later process reads the cache, not torchvision"


@pytest.mark.parametrize("damage", ["truncate", "flip", "empty"])
def test_a_damaged_cache_is_made_anew(cache: Path, damage: str) -> None:
    expected = mnist.load_test("cpu").labels
    mnist.load_test.cache_clear()
    intact = (cache / CACHE_FILE).read_bytes()
    offset = intact.index(read_idx("test_labels")[8:])
    flipped = intact[:offset] + bytes([intact[offset] ^ 1]) + intact[offset + 1 :]
    broken = {"truncate": intact[:-1], "flip": flipped, "empty": b""}[damage]
    (cache / CACHE_FILE).write_bytes(broken)
    assert torch.equal(mnist.load_test("cpu").labels, expected)
    assert (cache / CACHE_FILE).read_bytes() == intact


def test_a_cache_that_cannot_be_written_is_done_without(cache: Path) -> None:
    cache.write_text("a file stands where the folder should be")
    assert len(mnist.load_test("cpu").labels) == 10_000


def test_a_user_without_a_home_has_no_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in (CACHE_VARIABLE, "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 2**31 - 7)
    assert len(mnist.load_test("cpu").labels) == 10_000


def test_the_cache_is_in_the_users_cache_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(CACHE_VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert mnist._cache_path() == tmp_path / "hpsearch" / "mnist" / CACHE_FILE


def test_a_missing_shipped_file_is_downloaded(
    shipped: Path, mirror: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shipped / LABELS).unlink()
    monkeypatch.setattr(MNIST, "mirrors", [mirror])
    # the mirror's gzip files are not those whose MD5 torchvision knows, only their content is
    monkeypatch.setattr(MNIST, "resources", [(f"{file}.gz", None) for file in FILES.values()])
    assert len(mnist.load_test("cpu").labels) == 10_000


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file"),
        (b"not gzip", "Not a gzipped file"),
        ((SHIPPED / LABELS).read_bytes()[:-40], "end-of-stream"),
        (gzip.compress(b"something else"), "unpacks to SHA-256"),
    ],
    ids=["missing", "not gzip", "cut short", "of other content"],  # gzip's bytes hold the time
)
def test_without_a_good_file_or_a_download_the_error_says_what_to_do(
    shipped: Path, content: bytes | None, reason: str
) -> None:
    (shipped / LABELS).unlink() if content is None else (shipped / LABELS).write_bytes(content)
    with pytest.raises(DatasetError) as caught:
        mnist.load_test("cpu")
    message = str(caught.value)
    assert reason in message
    assert str(shipped / LABELS) in message
    assert SHA256["test_labels"] in message
    assert "why: " in message
    assert "fix:  " in message
    assert "{" not in message
