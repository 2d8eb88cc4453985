"""From a checkpoint to files that people can use, and back. Alone imports torch and ONNX.

Covered: models of one float32 tensor, its first dimension the batch, to one other, whose weights
stand in the checkpoint's `model.safetensors`. Not covered: several inputs; weights in another
format, since reading a pickle runs what is in it.
"""

from hpsearch.torch_export.card import Origin
from hpsearch.torch_export.check import TOLERANCE
from hpsearch.torch_export.export import export_model
from hpsearch.torch_export.formats import require
from hpsearch.torch_export.model import ModelSource, ServedModel, load_model, load_served
from hpsearch.torch_export.reading import RunnableModel, read_model, runnable

__all__ = [
    "TOLERANCE",
    "ModelSource",
    "Origin",
    "RunnableModel",
    "ServedModel",
    "export_model",
    "load_model",
    "load_served",
    "read_model",
    "require",
    "runnable",
]
