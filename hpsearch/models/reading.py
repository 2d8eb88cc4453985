"""An exported file as a model that runs; no pickle is read, no code of a trainable needed.

What a file is follows from its content, not from its name. A `manifest.json` beside it gives the
SHA-256 that it must have, and the names of its classes.
"""

import hashlib
import io
import json
import re
import warnings
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hpsearch.common.errors import HpsearchError, UserError
from hpsearch.models import faults
from hpsearch.models.files import MANIFEST_FILE, ModelFormat
from hpsearch.models.formats import require
from hpsearch.models.model import ServedModel, said
from hpsearch.models.pt2_archive import GRAPH, Refused, open_pt2

Array = NDArray[np.float32]

REACHING_OUT = re.compile(rb"\bops\.|\btorch\.(?:save|load|from_file|classes)\b")
"""What goes beyond arithmetic in TorchScript's code: files, and operators of other libraries."""

MOST_UNFOLDED = 100
"""How many times its size an archive may take unpacked; torch compresses code alone."""


@dataclass(frozen=True)
class RunnableModel:
    """A model from arrays to arrays. `shape` is that of one example, None if unknown.

    `run` takes at most `at_once` examples.
    """

    run: Callable[[Array], Array]
    shape: tuple[int, ...] | None
    at_once: int = 64
    classes: tuple[str, ...] = ()

    def outputs(self, inputs: Array) -> Array:
        """Return the outputs for any number of examples."""
        parts = range(0, len(inputs), self.at_once)
        return np.concatenate([self.run(inputs[first : first + self.at_once]) for first in parts])


def runnable(served: ServedModel, classes: tuple[str, ...]) -> RunnableModel:
    """Return a model that was built by its trainable."""
    shape = tuple(served.example.shape[1:])
    return RunnableModel(_torch_run(served.module), shape, classes=classes)


def read_model(file: Path) -> RunnableModel:
    """Return the model of a pt2, ONNX or TorchScript file.

    Raises UserError if it is damaged, something else, or needs unpickling.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise UserError(faults.model_unreadable(file, str(error))) from None
    manifest = _manifest(file, data)
    try:
        model = _open(file, data)
    except HpsearchError:
        raise
    except Refused as error:
        raise UserError(faults.model_refused(file, str(error))) from None
    except Exception as error:  # the runtimes raise many things for damaged files
        raise UserError(faults.model_unreadable(file, said(error))) from None
    shape = model.shape or tuple(manifest.get("input", {}).get("shape", ())[1:]) or None
    classes = manifest.get("data", {}).get("classes", ())
    return replace(model, shape=shape, classes=tuple(map(str, classes)))


def _manifest(file: Path, data: bytes) -> dict[str, Any]:
    """Return the manifest beside an export's file, which must be as it was written."""
    try:
        manifest: dict[str, Any] = json.loads((file.parent / MANIFEST_FILE).read_bytes())
        expected = manifest["files"][file.name]["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    if hashlib.sha256(data).hexdigest() != expected:
        raise UserError(faults.model_altered(file, MANIFEST_FILE))
    return manifest


def _open(file: Path, data: bytes) -> RunnableModel:
    if data.startswith(b"\x80"):
        raise Refused("it is a pickle.")
    if data[8:10] == b'{"':
        raise UserError(faults.weights_alone(file))
    if not data.startswith(b"PK"):
        return _onnx(data)
    records = _records(data)
    if GRAPH in records:
        return _pt2(records)
    if "constants.pkl" in records:
        return _torchscript(data, records)
    if any(name.endswith(".pkl") for name in records):
        raise Refused("it is a pickle, as `torch.save` writes it.")
    raise ValueError("it is a zip archive of something else.")


def _records(data: bytes) -> dict[str, bytes]:
    """Return the files of an archive, without the folder around them; checksums are verified."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        infos = archive.infolist()
        if min((info.header_offset for info in infos), default=1) != 0:  # one inside of it is found
            raise ValueError("it is incomplete.")
        if sum(info.file_size for info in infos) > MOST_UNFOLDED * len(data):
            raise Refused("it unpacks to far more than its own size.")
        return {info.filename.partition("/")[2]: archive.read(info) for info in infos}


def _pt2(records: Mapping[str, bytes]) -> RunnableModel:
    program = open_pt2(records)
    (name,) = program.graph_signature.user_inputs
    (value,) = [node.meta["val"] for node in program.graph.nodes if node.name == name]
    return _sized(_torch_run(program.module()), list(value.shape))


def _torchscript(data: bytes, records: Mapping[str, bytes]) -> RunnableModel:
    for name, code in records.items():
        if name.startswith("code/") and name.endswith(".py") and REACHING_OUT.search(code):
            raise Refused(f"its {name} does more than arithmetic.")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`torch.jit", FutureWarning)
        module = torch.jit.load(io.BytesIO(data), "cpu")  # type: ignore[no-untyped-call]
    return RunnableModel(_torch_run(module), None)


def _onnx(data: bytes) -> RunnableModel:
    require((ModelFormat.ONNX,))
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what is wrong is raised
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()

    def run(inputs: Array) -> Array:
        return np.asarray(session.run(None, {given.name: inputs})[0])

    return _sized(run, given.shape)


def _sized(run: Callable[[Array], Array], shape: list[Any]) -> RunnableModel:
    """Return a model; its batch size is fixed if the first dimension is a number."""
    model = RunnableModel(run, tuple(shape[1:]))
    return replace(model, at_once=shape[0]) if isinstance(shape[0], int) else model


def _torch_run(module: Any) -> Callable[[Array], Array]:
    @torch.inference_mode()
    def run(inputs: Array) -> Array:
        return np.asarray(module(torch.from_numpy(inputs)).numpy())

    return run
