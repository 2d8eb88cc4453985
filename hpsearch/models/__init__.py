"""From a checkpoint to files that people can use, and back. Alone imports torch and ONNX.

Covered: models of one float32 tensor, its first dimension the batch, to one other, whose weights
stand in the checkpoint's `model.safetensors`. Not covered: several inputs; weights in another
format, since reading a pickle runs what is in it.
"""

from hpsearch.models.check import TOLERANCE
from hpsearch.models.export import export_model
from hpsearch.models.formats import require
from hpsearch.models.model import ModelSource, ServedModel, load_model, load_served
from hpsearch.models.reading import RunnableModel, read_model, runnable
from hpsearch.models.readme import Origin

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
