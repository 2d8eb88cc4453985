"""A checkpoint's manifest: its step, its seconds, and the hashes that prove its files undamaged."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from hpsearch.common.checkpoints import Stored, StoredCheckpoint
from hpsearch.common.files import inside
from hpsearch.common.trial import Measurement
from hpsearch.store.documents import MANIFEST

DAMAGED = (OSError, ValueError, KeyError, TypeError)
"""What reading a damaged checkpoint raises."""


def manifest(measurement: Measurement, stored: Stored) -> bytes:
    """Return the manifest of stored files."""
    hashes = {name: file.sha256 for name, file in stored.files.items()}
    content = {"step": measurement.step, "seconds": measurement.seconds, "sha256": hashes}
    return json.dumps(content).encode()


def read_manifest(data: bytes, reference: str) -> StoredCheckpoint:
    """Return a checkpoint by its manifest; raises ValueError, KeyError or TypeError if damaged."""
    content = json.loads(data)
    step, seconds, hashes = content["step"], content["seconds"], dict(content["sha256"])
    return StoredCheckpoint(step, seconds, reference, hashes)


def is_whole(folder: Path) -> bool:
    """Return whether a folder has a checkpoint, and every file of it is what was written."""
    try:
        found = read_manifest((folder / MANIFEST).read_bytes(), "")
        return all(_hash(folder / inside(n)) == known for n, known in found.sha256.items())
    except DAMAGED:
        return False


def _hash(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def check_stored(stored: Stored, sizes: Mapping[str, int]) -> None:
    """Raise OSError if a stored file is missing or not whole; `sizes` are those in the store."""
    for name, file in stored.files.items():
        if sizes.get(name) != file.size:
            raise OSError(f"{name} has {sizes.get(name, 0)} of {file.size} bytes")
