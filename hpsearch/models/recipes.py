"""The code by which each file of a model is used.

The model's card shows it and the check runs it, so what the card says works.
"""

from dataclasses import dataclass
from pathlib import PurePosixPath

from hpsearch.models.files import MODEL_FILE, ModelFormat
from hpsearch.models.model import ModelSource
from hpsearch.models.params import classes_in, is_beside, written_out
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
    kinds = classes_in(source.params)
    names += [kind.__name__ for kind in kinds if is_beside(source.build_model, kind)]
    if source.for_serving is not None:
        names.append("for_serving")
        served = "for_serving(model)"
    return Recipe(
        f"the weights, for `build_model` of `{source.reference}`",
        "import sys\n\nimport safetensors.torch\nimport torch\n\n"
        f"{import_of(source, sorted(names))}\n"
        f"{_other_imports(source, kinds)}\n"
        f"params = {written_out(source.params, source.privacy)}\n"
        "model = build_model(params)\n"
        f'safetensors.torch.load_model(model, "{MODEL_FILE}")\n'
        f"model = {served}.eval()",
        without=(),
    )


def _other_imports(source: ModelSource, kinds: list[type]) -> str:
    """Return the lines that import the classes of hyperparameters from other modules."""
    others = [kind for kind in kinds if not is_beside(source.build_model, kind)]
    return "".join(f"from {kind.__module__} import {kind.__name__}\n" for kind in others)


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
