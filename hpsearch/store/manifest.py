"""A checkpoint as files: those of the trainable, and a manifest that proves them undamaged."""

import hashlib
import json
from collections.abc import Mapping

from hpsearch.common.checkpoints import Checkpoint
from hpsearch.common.trial import Measurement
from hpsearch.store.documents import MANIFEST


def pack(measurement: Measurement, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files of a checkpoint, the manifest last."""
    manifest = {
        "step": measurement.step,
        "seconds": measurement.seconds,
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    }
    return {**files, MANIFEST: json.dumps(manifest).encode()}


def unpack(files: Mapping[str, bytes]) -> Checkpoint:
    """Return the checkpoint; raises ValueError, KeyError or TypeError if it is damaged."""
    manifest = json.loads(files[MANIFEST])
    own = {name: files[name] for name in manifest["sha256"]}
    for name, expected in manifest["sha256"].items():
        if hashlib.sha256(own[name]).hexdigest() != expected:
            raise ValueError(f"{name} is not what was written")
    return Checkpoint(manifest["step"], manifest["seconds"], own)
