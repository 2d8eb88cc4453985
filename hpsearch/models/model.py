"""A trial's model: built by the trainable's code, with the weights of its checkpoint."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from hpsearch.common.errors import UserError
from hpsearch.common.privacy import Privacy
from hpsearch.models import faults
from hpsearch.models.files import MODEL_FILE


@dataclass(frozen=True)
class ModelSource:
    """The functions beside `train` in a trainable, and the hyperparameters of one trial.

    `example_input` gives a batch of at least two. `for_serving` turns the trained model into the
    module that people get, for a classifier one that gives probabilities; None: the model itself.
    `folder` holds the trainable's file or its package, `privacy` says which hyperparameters are
    secret.
    """

    reference: str
    params: Any
    build_model: Callable[[Any], nn.Module]
    example_input: Callable[[], Tensor]
    for_serving: Callable[[nn.Module], nn.Module] | None = None
    folder: Path = Path()
    privacy: Privacy = field(default=Privacy())


@dataclass(frozen=True)
class ServedModel:
    """A model as people get it, in eval mode on the CPU, with a batch to try it on."""

    module: nn.Module
    example: Tensor

    @torch.inference_mode()
    def outputs(self, inputs: Tensor) -> Tensor:
        return self.module(inputs)  # type: ignore[no-any-return]


def load_model(source: ModelSource, weights: Path) -> nn.Module:
    """Return the trained model in eval mode on the CPU; `weights` is that file of a checkpoint.

    Raises UserError if there are no weights, or damaged ones, or another model's.
    """
    if not weights.exists():
        raise UserError(faults.not_exportable(source.reference, f"there is no {MODEL_FILE}."))
    try:
        model = source.build_model(source.params)
    except Exception as error:
        raise UserError(faults.not_exportable(source.reference, said(error))) from error
    try:
        # not `load_state_dict`: weights that two layers share are in the file once
        safetensors.torch.load_model(model, weights, strict=True, device="cpu")
    except SafetensorError as error:
        raise UserError(faults.weights_unreadable(said(error))) from None
    except RuntimeError as error:
        raise UserError(faults.weights_unfit(said(error))) from None
    return model.eval()


def load_served(source: ModelSource, weights: Path) -> ServedModel:
    """Return the model as people get it; raises UserError as `load_model` does."""
    model = load_model(source, weights)
    try:
        served = model if source.for_serving is None else source.for_serving(model)
        example = source.example_input()
    except Exception as error:
        raise UserError(faults.not_exportable(source.reference, said(error))) from error
    if example.dim() < 2 or example.shape[0] < 2:
        why = f"`example_input` returns {tuple(example.shape)}, not a batch of at least two."
        raise UserError(faults.not_exportable(source.reference, why))
    return ServedModel(served.eval(), example)


def said(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return "\n".join(lines[:8])  # of a large model every layer has a line
