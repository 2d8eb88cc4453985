"""MNIST as torchvision's own reader wants it; imports no torch."""

import gzip
from pathlib import Path

from tests.benchmarks.sides import ROOT

VARIABLE = "BENCHMARK_MNIST"
"""The environment variable that names torchvision's folder of data."""


def unpack(root: Path) -> None:
    """Put the shipped files where torchvision looks for them, as its download would."""
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for packed in (ROOT / "experiments" / "data" / "mnist").glob("*.gz"):
        (raw / packed.stem).write_bytes(gzip.decompress(packed.read_bytes()))
