"""Writes a model in each format."""

import importlib.util
import logging
import shutil
import warnings
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch.export import Dim, ExportedProgram
from torch.jit._trace import TracerWarning

from hpsearch.common.errors import UserError
from hpsearch.common.faults import model_untraceable
from hpsearch.models import faults
from hpsearch.models.files import ModelFormat
from hpsearch.models.model import ServedModel, said

ONNX_PACKAGES = ("onnx", "onnxscript", "onnxruntime")


def require(formats: Collection[ModelFormat]) -> None:
    """Raise UserError if a package that a format needs is not installed."""
    if ModelFormat.ONNX in formats:
        for package in ONNX_PACKAGES:
            if importlib.util.find_spec(package) is None:
                raise UserError(faults.extra_missing(package, "onnx"))


def write(served: ServedModel, weights: Path, formats: Sequence[ModelFormat], folder: Path) -> None:
    """Write the model's files into a folder, for batches of any size.

    `weights` are those of its checkpoint. Raises UserError if torch cannot trace the model.
    """
    program = None
    if {ModelFormat.PT2, ModelFormat.ONNX} & set(formats):
        program = _traced(partial(_program, served))
    writers: dict[ModelFormat, Callable[[Path], object]] = {
        ModelFormat.PT2: lambda file: torch.export.save(program, file),  # type: ignore[arg-type]
        ModelFormat.ONNX: lambda file: _onnx(program, file),
        ModelFormat.TORCHSCRIPT: lambda file: _torchscript(served, file),
        ModelFormat.SAFETENSORS: partial(shutil.copyfile, weights),
    }
    for format_ in formats:
        _traced(partial(writers[format_], folder / format_.file))


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


def _onnx(program: Any, file: Path) -> None:
    """Write the program as ONNX, without the stack traces, which name files of this machine."""
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
    file.write_bytes(model.SerializeToString())


def _torchscript(served: ServedModel, file: Path) -> None:
    """Write the module as TorchScript, which torch deprecates and C++ programs still load.

    What the tracer warns of, a fixed batch size or branch, is found by the check.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`torch.jit", FutureWarning)
        warnings.simplefilter("ignore", TracerWarning)
        traced = torch.jit.trace(served.module, served.example)  # type: ignore[no-untyped-call]
        torch.jit.save(traced, file)
