"""MNIST as tensors on a device; imports nothing of hpsearch.

The four IDX files ship gzipped under data/mnist. The first process on a machine unpacks them into a
private folder, lets torchvision read them, and keeps the tensors in one safetensors file in the
user's cache. Later processes read only that file: it takes 0.1 s, `import torchvision` 1 to 2.5 s.
The cache must have the published SHA-256; a damaged or stale one is made again.

If a shipped file is missing or damaged, torchvision's own download is tried. If the cache cannot be
written, each process unpacks the files itself.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import os
import struct
import zlib
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

SHIPPED = Path(__file__).parent / "data" / "mnist"
CACHE_VARIABLE = "HPSEARCH_MNIST_CACHE"  # a folder, instead of $XDG_CACHE_HOME/hpsearch/mnist
CACHE_FILE = "mnist.safetensors"

IMAGE_SIZE = 28  # pixels, both ways
TRAINING_IMAGES = 55_000
VALIDATION_IMAGES = 5_000  # the first of the 60,000, as the tutorial's load_dataset("mnist") has it

# The tensors of the cache, each with the file that it comes from.
FILES = {
    "train_images": "train-images-idx3-ubyte",
    "train_labels": "train-labels-idx1-ubyte",
    "test_images": "t10k-images-idx3-ubyte",
    "test_labels": "t10k-labels-idx1-ubyte",
}
# Of the unpacked files, as data/mnist/README.md has them.
SHA256 = {
    "train_images": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train_labels": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "test_images": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "test_labels": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


class DatasetError(Exception):
    """MNIST is available neither from the shipped files nor from torchvision's download."""


class Digits(NamedTuple):
    """Images and the digits on them, on one device."""

    images: Tensor  # (n, 1, 28, 28) float32 in [0, 1]
    labels: Tensor  # (n,) int64 in 0..9


@functools.cache
def load_training(device: str) -> tuple[Digits, Digits]:
    """55,000 training and 5,000 validation images, kept for the next trial of this process."""
    images, labels = _load("train", device)
    validation = Digits(images[:VALIDATION_IMAGES], labels[:VALIDATION_IMAGES])
    return Digits(images[VALIDATION_IMAGES:], labels[VALIDATION_IMAGES:]), validation


@functools.cache
def load_test(device: str) -> Digits:
    """The 10,000 test images, which no search may see."""
    return _load("test", device)


def _load(split: str, device: str) -> Digits:
    names = [f"{split}_images", f"{split}_labels"]
    tensors = _read_cache(names)
    if tensors is None:
        tensors = _read_files()
        _write_cache(tensors)
    images, labels = (tensors[name].to(device) for name in names)
    return Digits(images.unsqueeze(1).float().div_(255), labels.long())


def _cache_path() -> Path:
    """Raises RuntimeError for a user without a home, such as a container's numeric user."""
    if folder := os.environ.get(CACHE_VARIABLE):
        return Path(folder) / CACHE_FILE
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "hpsearch" / "mnist" / CACHE_FILE


def _read_cache(names: list[str]) -> dict[str, Tensor] | None:
    """The named uint8 tensors, or None if the cache is absent, incomplete or not as published."""
    try:
        with safe_open(_cache_path(), framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in names}
    except (OSError, RuntimeError, SafetensorError):
        return None
    intact = all(_idx_sha256(tensor) == SHA256[name] for name, tensor in tensors.items())
    return tensors if intact else None


def _write_cache(tensors: dict[str, Tensor]) -> None:
    """Write aside, then rename: processes that do so at once each write the same complete file."""
    with suppress(OSError, RuntimeError):  # without a cache the next process only starts later
        cache = _cache_path()
        cache.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=cache.parent) as aside:
            written = Path(aside) / CACHE_FILE
            written.write_bytes(safetensors.torch.save(tensors))
            written.replace(cache)


def _idx_sha256(tensor: Tensor) -> str:
    """The hash of the IDX file that holds this uint8 tensor: a header of sizes, then the bytes."""
    header = struct.pack(f">{1 + tensor.ndim}I", 0x0800 + tensor.ndim, *tensor.shape)
    digest = hashlib.sha256(header)
    digest.update(tensor.numpy().data)
    return digest.hexdigest()


def _read_files() -> dict[str, Tensor]:
    """All four files as uint8 tensors, unpacked in a private folder."""
    from torchvision.datasets import MNIST

    with TemporaryDirectory(prefix="mnist-") as root:
        try:
            _unpack_shipped(Path(root, "MNIST", "raw"))
        except DatasetError as fault:
            _download(root, fault)
        training, test = MNIST(root, train=True), MNIST(root, train=False)
    return {
        "train_images": training.data,
        "train_labels": training.targets.to(torch.uint8),
        "test_images": test.data,
        "test_labels": test.targets.to(torch.uint8),
    }


def _unpack_shipped(raw: Path) -> None:
    """Raises DatasetError at the first file that is missing, damaged or not the published one."""
    raw.mkdir(parents=True)
    for name, file in FILES.items():
        packed = SHIPPED / f"{file}.gz"
        try:
            content = gzip.decompress(packed.read_bytes())
        except (OSError, EOFError, zlib.error) as error:
            raise DatasetError(f"{packed} cannot be unpacked ({error})") from error
        found = hashlib.sha256(content).hexdigest()
        if found != SHA256[name]:
            raise DatasetError(f"{packed} unpacks to SHA-256 {found}, not {SHA256[name]}")
        (raw / file).write_bytes(content)


def _download(root: str, fault: DatasetError) -> None:
    """Download in place of the shipped files, which have `fault`; torchvision checks it."""
    from torchvision.datasets import MNIST

    try:
        MNIST(root, download=True)
    except (OSError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        expected = "".join(f"\n          {SHA256[name]}  {FILES[name]}" for name in FILES)
        raise DatasetError(
            f"the MNIST data cannot be read.\n"
            f"  why:  {fault}; and it cannot be downloaded: {reason}\n"
            f"  fix:  put the four files, gzipped, back into {SHIPPED}"
            f" (`git checkout -- {SHIPPED}`). Unpacked, their SHA-256 are{expected}"
        ) from error
