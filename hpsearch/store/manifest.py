"""A checkpoint's manifest: its step, its seconds, and the hashes that prove its files undamaged."""

import hashlib
import json
from collections.abc import Mapping

from hpsearch.common.checkpoints import Checkpoint, Stored, StoredCheckpoint
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


def unpack(files: Mapping[str, bytes]) -> Checkpoint:
    """Return the checkpoint; raises ValueError, KeyError or TypeError if it is damaged."""
    found = read_manifest(files[MANIFEST], "")
    own = {name: files[name] for name in found.sha256}
    for name, expected in found.sha256.items():
        if hashlib.sha256(own[name]).hexdigest() != expected:
            raise ValueError(f"{name} is not what was written")
    return Checkpoint(found.step, found.seconds, own)


def check_stored(stored: Stored, sizes: Mapping[str, int]) -> None:
    """Raise OSError if a stored file is missing or not whole; `sizes` are those in the store."""
    for name, file in stored.files.items():
        if sizes.get(name) != file.size:
            raise OSError(f"{name} has {sizes.get(name, 0)} of {file.size} bytes")
