"""From a checkpoint to files that people can use, and back. Only this room imports torch and ONNX.

Covered: models from one float32 tensor to another, the first dimension the batch, with their
weights in the checkpoint's `model.safetensors`. Not covered: several inputs; weights in another
format, since reading a pickle runs what is in it.

Torch (3 s) is imported when one of the names in `_MODULES` is first used.
"""

from typing import TYPE_CHECKING

from hpsearch.common.lazy import lazy_names
from hpsearch.models.files import CARD_FILE, MANIFEST_FILE, MODEL_FILE, ModelFormat

if TYPE_CHECKING:
    from hpsearch.models.check import TOLERANCE
    from hpsearch.models.export import export_model
    from hpsearch.models.formats import require
    from hpsearch.models.images import SUFFIXES, Picture, read_picture
    from hpsearch.models.model import ModelSource, ServedModel, load_model, load_served
    from hpsearch.models.reading import RunnableModel, read_model, runnable
    from hpsearch.models.readme import Origin

__all__ = [
    "CARD_FILE",
    "MANIFEST_FILE",
    "MODEL_FILE",
    "SUFFIXES",
    "TOLERANCE",
    "ModelFormat",
    "ModelSource",
    "Origin",
    "Picture",
    "RunnableModel",
    "ServedModel",
    "export_model",
    "load_model",
    "load_served",
    "read_model",
    "read_picture",
    "require",
    "runnable",
]

_MODULES = {
    "check": ("TOLERANCE",),
    "export": ("export_model",),
    "formats": ("require",),
    "images": ("Picture", "SUFFIXES", "read_picture"),
    "model": ("ModelSource", "ServedModel", "load_model", "load_served"),
    "reading": ("RunnableModel", "read_model", "runnable"),
    "readme": ("Origin",),
}


__getattr__ = lazy_names(__name__, _MODULES)
