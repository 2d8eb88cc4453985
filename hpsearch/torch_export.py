"""From a checkpoint to a model that people can use: loaded, traced, exported. Alone imports torch.

Covered: models of one input tensor, its first dimension the batch, and one output tensor, whose
weights stand in the checkpoint's `model.safetensors`. Not covered: several inputs; weights in
another format, since reading a pickle runs what is in it.
"""

import dataclasses
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn
from torch.export import Dim

from hpsearch import __version__, faults
from hpsearch.checkpoint import write_folder
from hpsearch.errors import UserError
from hpsearch.paths import MODEL_FILE
from hpsearch.trial import Goal, TrialRecord

TRACED_FILE = "model.pt2"
PARAMS_FILE = "params.json"
README_FILE = "README.md"

BATCH_SIZES = (1, 2, 3)
"""Batches for which the traced model must give what the model gives, before it is handed out."""


@dataclass(frozen=True)
class ModelSource:
    """What stands beside `train` in a trainable, and the hyperparameters of one trial.

    `example_input` gives a batch of at least two. `for_serving` turns the trained model into the
    module that people get, for a classifier one that gives probabilities; None: the model itself.
    """

    reference: str
    params: Any
    build_model: Callable[[Any], nn.Module]
    example_input: Callable[[], Tensor]
    for_serving: Callable[[nn.Module], nn.Module] | None = None


@dataclass(frozen=True)
class ServedModel:
    """A model as people get it, in eval mode on the CPU, with a batch to try it on."""

    module: nn.Module
    example: Tensor


def load_model(source: ModelSource, files: Mapping[str, bytes]) -> nn.Module:
    """Return the trained model in eval mode on the CPU; `files` are a checkpoint's.

    Raises UserError where the checkpoint has no weights, they are damaged or of another model.
    """
    if MODEL_FILE not in files:
        raise UserError(faults.not_exportable(source.reference, f"there is no {MODEL_FILE}."))
    try:
        model = source.build_model(source.params)
    except Exception as error:
        raise UserError(faults.not_exportable(source.reference, _said(error))) from error
    with TemporaryDirectory(prefix="hpsearch-weights-") as folder:
        file = Path(folder, MODEL_FILE)
        file.write_bytes(files[MODEL_FILE])
        try:
            # not `load_state_dict`: of weights that two layers share, the file holds one
            safetensors.torch.load_model(model, file, strict=True, device="cpu")
        except SafetensorError as error:
            raise UserError(faults.weights_unreadable(_said(error))) from None
        except RuntimeError as error:
            raise UserError(faults.weights_unfit(_said(error))) from None
    return model.eval()


def load_served(source: ModelSource, files: Mapping[str, bytes]) -> ServedModel:
    """Return the model as people get it; raises UserError as `load_model` does."""
    model = load_model(source, files)
    try:
        served = model if source.for_serving is None else source.for_serving(model)
        example = source.example_input()
    except Exception as error:
        raise UserError(faults.not_exportable(source.reference, _said(error))) from error
    if example.dim() < 2 or example.shape[0] < 2:
        why = f"`example_input` gives {tuple(example.shape)}, not a batch of at least two."
        raise UserError(faults.not_exportable(source.reference, why))
    return ServedModel(served.eval(), example)


def export_model(
    folder: Path,
    source: ModelSource,
    files: Mapping[str, bytes],
    record: TrialRecord,
    goals: Sequence[Goal],
) -> None:
    """Write the model of a trial as a folder that needs nothing but torch: whole or not at all.

    An older folder is replaced. Raises UserError where the model cannot be had or be traced.
    """
    served = load_served(source, files)
    with torch.inference_mode():
        output = served.module(served.example)
    card = {
        "trainable": source.reference,
        "trial": record.number,
        "seed": record.seed,
        "step": record.best_step,
        "values": dict(zip((goal.metric for goal in goals), record.values, strict=False)),
        "params": _as_dict(source.params),
        "input": _describe(served.example),
        "output": _describe(output),
        "hpsearch": __version__,
        "torch": torch.__version__,
    }
    write_folder(
        folder,
        {
            MODEL_FILE: files[MODEL_FILE],
            TRACED_FILE: trace(served),
            PARAMS_FILE: json.dumps(card, indent=2, default=str).encode(),
            README_FILE: _readme(card).encode(),
        },
    )


def trace(served: ServedModel) -> bytes:
    """Return the model as a pt2 archive for batches of any size.

    Raises UserError where torch cannot trace it, or where what it traced gives other results.
    """
    try:
        program = torch.export.export(
            served.module, (served.example,), dynamic_shapes=({0: Dim("batch", min=1)},)
        )
        archive = io.BytesIO()
        torch.export.save(program, archive)
        archive.seek(0)
        _compare(served, torch.export.load(archive).module())
    except Exception as error:  # torch's tracer raises whatever the model's code makes it raise
        raise UserError(faults.model_untraceable(_said(error))) from error
    return archive.getvalue()


def _compare(served: ServedModel, traced: nn.Module) -> None:
    with torch.inference_mode():
        for size in BATCH_SIZES:
            batch = torch.cat([served.example, served.example])[:size]
            torch.testing.assert_close(traced(batch), served.module(batch))


def _as_dict(params: Any) -> dict[str, Any]:
    if dataclasses.is_dataclass(params) and not isinstance(params, type):
        return dataclasses.asdict(params)
    return dict(params)


def _describe(tensor: Tensor) -> dict[str, Any]:
    """Return shape and type of a tensor whose first dimension is the batch."""
    return {"shape": ["batch", *tensor.shape[1:]], "dtype": str(tensor.dtype).split(".")[-1]}


def _said(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return "\n".join(lines[:8])  # of a large model every layer has a line


def _readme(card: Mapping[str, Any]) -> str:
    values = ", ".join(f"{name} {value:.6g}" for name, value in card["values"].items())
    return _README.format(
        trial=card["trial"],
        trainable=card["trainable"],
        values=f"{values or 'No value'} at step {card['step']}.",
        input=f"{card['input']['dtype']} ({', '.join(map(str, card['input']['shape']))})",
        output=f"{card['output']['dtype']} ({', '.join(map(str, card['output']['shape']))})",
        torch=card["torch"],
    )


_README = """\
# Trial {trial} of `{trainable}`
{values} Exported by hpsearch with torch {torch}.

| file | holds |
|---|---|
| `model.pt2` | the traced model, weights included; needs torch alone, not the code it was made by |
| `model.safetensors` | the weights, for `build_model` of `{trainable}` |
| `params.json` | the hyperparameters, the values, and with what it was made |

```python
import torch

model = torch.export.load("model.pt2").module()  # in eval mode for ever, on the CPU
outputs = model(inputs)  # inputs: {input}; outputs: {output}; any batch size
```
Only load a `.pt2` that you trust: torch unpickles parts of it.
"""
