"""The files that a model is written as, and the code by which each of them is used.

That code stands in the model's card, and is what the check runs: what the card says, works.
"""

import dataclasses
import importlib.util
import io
import logging
import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import Any

import torch
from torch.export import Dim, ExportedProgram
from torch.jit._trace import TracerWarning

from hpsearch.common.errors import UserError
from hpsearch.common.faults import model_untraceable
from hpsearch.common.privacy import Privacy
from hpsearch.models import faults
from hpsearch.models.files import MODEL_FILE, ModelFormat
from hpsearch.models.model import ModelSource, ServedModel, said
from hpsearch.trainable.code.shadows import is_needed, shadows

ONNX_PACKAGES = ("onnx", "onnxscript", "onnxruntime")


@dataclass(frozen=True)
class Recipe:
    """How a file is used in Python: `load` once, then `call`, which makes `outputs` of `inputs`.

    `arrays` is the library of both; none of the modules `without` is needed, or loaded.
    """

    holds: str
    load: str
    call: str = "outputs = model(inputs)"
    arrays: str = "torch"
    without: tuple[str, ...] = ("hpsearch",)


def recipe(format_: ModelFormat, source: ModelSource) -> Recipe:
    """Return how the file of that format is used."""
    return _weights_recipe(source) if format_ is ModelFormat.SAFETENSORS else RECIPES[format_]


def require(formats: Collection[ModelFormat]) -> None:
    """Raise UserError where what a format needs is not installed."""
    if ModelFormat.ONNX in formats:
        for package in ONNX_PACKAGES:
            if importlib.util.find_spec(package) is None:
                raise UserError(faults.extra_missing(package, "onnx"))


def write(
    served: ServedModel, files: Mapping[str, bytes], formats: Sequence[ModelFormat]
) -> dict[str, bytes]:
    """Return the model's files, for batches of any size; `files` are its checkpoint's.

    Raises UserError where torch cannot trace it.
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
    """Return what the work returns; torch's tracers raise whatever the model's code makes them."""
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

    What the tracer warns of, a batch size or a branch taken for granted, is found by the check.
    """
    script = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`torch.jit", FutureWarning)
        warnings.simplefilter("ignore", TracerWarning)
        traced = torch.jit.trace(served.module, served.example)  # type: ignore[no-untyped-call]
        torch.jit.save(traced, script)
    return script.getvalue()


RECIPES = {
    ModelFormat.PT2: Recipe(
        "the traced model with its weights, for torch alone",
        "import torch\n\n"
        f'model = torch.export.load("{ModelFormat.PT2.file}").module()  # on the CPU',
    ),
    ModelFormat.ONNX: Recipe(
        "the traced model with its weights, for ONNX Runtime and others, without torch",
        "import numpy\nimport onnxruntime\n\n"
        f'model = onnxruntime.InferenceSession("{ModelFormat.ONNX.file}")',
        '(outputs,) = model.run(None, {"input": inputs})',
        "numpy",
        ("hpsearch", "torch"),
    ),
    ModelFormat.TORCHSCRIPT: Recipe(
        "the traced model with its weights, for programs in C++; torch deprecates this format",
        f'import torch\n\nmodel = torch.jit.load("{ModelFormat.TORCHSCRIPT.file}")',
    ),
}


def _weights_recipe(source: ModelSource) -> Recipe:
    names, served = ["build_model"], "model"
    if dataclasses.is_dataclass(source.params):
        names.append(type(source.params).__name__)
    if source.for_serving is not None:
        names.append("for_serving")
        served = "for_serving(model)"
    return Recipe(
        f"the weights, for `build_model` of `{source.reference}`",
        "import sys\n\nimport safetensors.torch\nimport torch\n\n"
        f"{import_of(source, sorted(names))}\n\n"
        f"params = {_written_out(source.params, source.privacy)}\n"
        "model = build_model(params)\n"
        f'safetensors.torch.load_model(model, "{MODEL_FILE}")\n'
        f"model = {served}.eval()",
        without=(),
    )


def import_of(source: ModelSource, names: list[str]) -> str:
    """Return the lines that import names of the trainable's module, or run its file for them."""
    place = source.reference.rpartition(":")[0]
    is_file, stem = place.endswith(".py"), PurePosixPath(place).stem
    insert = "append(" if shadows(source.folder) else "insert(0, "
    path = f"sys.path.{insert}{str(source.folder)!r})  # where the trainable is\n"
    if not is_file or (stem.isidentifier() and not is_needed(stem, source.folder)):
        return f"{path}from {stem if is_file else place} import {', '.join(names)}"
    file = str(source.folder / PurePosixPath(place).name)
    taken = "\n".join(f'{name} = code["{name}"]' for name in names)
    return f"import runpy\n\n{path}code = runpy.run_path({file!r})\n{taken}"


def _written_out(params: Any, privacy: Privacy) -> str:
    """Return hyperparameters as Python code, one on a line."""
    given = privacy.shown(params_of(params))
    if dataclasses.is_dataclass(params):
        lines = [f"    {name}={value!r}," for name, value in given.items()]
        return "\n".join([f"{type(params).__name__}(", *lines, ")"])
    return "\n".join(["{", *(f"    {name!r}: {value!r}," for name, value in given.items()), "}"])


def params_of(params: Any) -> dict[str, Any]:
    """Return hyperparameters by name, with the defaults that the experiment leaves out."""
    if dataclasses.is_dataclass(params) and not isinstance(params, type):
        return dataclasses.asdict(params)
    return dict(params)
