"""The code by which each file of a model is used.

The model's card shows it and the check runs it, so what the card says works.
"""

import dataclasses
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from hpsearch.common.privacy import Privacy
from hpsearch.models.files import MODEL_FILE, ModelFormat
from hpsearch.models.model import ModelSource
from hpsearch.trainable.code.shadows import is_needed, shadows


@dataclass(frozen=True)
class Recipe:
    """How a file is used in Python: `load` once, then `call`, which maps `inputs` to `outputs`.

    `arrays` is the library of both; the modules in `without` are not loaded.
    """

    holds: str
    load: str
    call: str = "outputs = model(inputs)"
    arrays: str = "torch"
    without: tuple[str, ...] = ("hpsearch",)


def recipe(format_: ModelFormat, source: ModelSource) -> Recipe:
    """Return how the file of that format is used."""
    return _weights_recipe(source) if format_ is ModelFormat.SAFETENSORS else RECIPES[format_]


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
