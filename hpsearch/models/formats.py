"""Writes a model in each format."""

import importlib.util
import io
import logging
import warnings
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch.export import Dim, ExportedProgram
from torch.jit._trace import TracerWarning

from hpsearch.common.errors import UserError
from hpsearch.common.faults import model_untraceable
from hpsearch.models import faults
from hpsearch.models.files import MODEL_FILE, ModelFormat
from hpsearch.models.model import ServedModel, said

ONNX_PACKAGES = ("onnx", "onnxscript", "onnxruntime")


def require(formats: Collection[ModelFormat]) -> None:
    """Raise UserError if a package that a format needs is not installed."""
    if ModelFormat.ONNX in formats:
        for package in ONNX_PACKAGES:
            if importlib.util.find_spec(package) is None:
                raise UserError(faults.extra_missing(package, "onnx"))


def write(
    served: ServedModel, files: Mapping[str, bytes], formats: Sequence[ModelFormat]
) -> dict[str, bytes]:
    """Return the model's files, for batches of any size; `files` are its checkpoint's.

    Raises UserError if torch cannot trace the model.
    """
    program = None
    if {ModelFormat.PT2, ModelFormat.ONNX} & set(formats):
        program = _traced(partial(_program, served))
    writers = {
        ModelFormat.PT2: lambda: _pt2(program),
        ModelFormat.ONNX: lambda: _onnx(program),
        ModelFormat.TORCHSCRIPT: lambda: _torchscript(served),
        ModelFormat.SAFETENSORS: lambda: files[MODEL_FILE],
    }
    return {format_.file: _traced(writers[format_]) for format_ in formats}


def _traced(work: Any) -> Any:
    """Return what the work returns; the model's code may raise anything while it is traced."""
    try:
        return work()
    except Exception as error:
        raise UserError(model_untraceable(said(error))) from error


def _program(served: ServedModel) -> ExportedProgram:
    return torch.export.export(
        served.module, (served.example,), dynamic_shapes=({0: Dim("batch", min=1)},)
    )


def _pt2(program: Any) -> bytes:
    archive = io.BytesIO()
    torch.export.save(program, archive)
    return archive.getvalue()


def _onnx(program: Any) -> bytes:
    """Return the program as ONNX, without the stack traces, which name files of this machine."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    exported = torch.onnx.export(
        program, dynamo=True, input_names=["input"], output_names=["output"], verbose=False
    )
    assert exported is not None  # noqa: S101 (it is, with `dynamo`)
    model = exported.model_proto
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    for part in (*model.graph.node, *model.graph.value_info):
        part.ClearField("metadata_props")
    return bytes(model.SerializeToString())


def _torchscript(served: ServedModel) -> bytes:
    """Return the module as TorchScript, which torch deprecates and C++ programs still load.

    What the tracer warns of, a fixed batch size or branch, is found by the check.
    """
    script = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`torch.jit", FutureWarning)
        warnings.simplefilter("ignore", TracerWarning)
        traced = torch.jit.trace(served.module, served.example)  # type: ignore[no-untyped-call]
        torch.jit.save(traced, script)
    return script.getvalue()
