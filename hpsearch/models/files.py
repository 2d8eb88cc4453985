"""The names of a model's files. Imports nothing, so the command line may import it."""

from enum import StrEnum

MODEL_FILE = "model.safetensors"
"""The file of a checkpoint that holds the model's weights: what export and MLflow start from."""

MANIFEST_FILE = "manifest.json"
"""Beside an exported model: what its files hold, and their SHA-256. Written last."""

CARD_FILE = "README.md"
"""Beside an exported model: what it is and how to load it, for people."""


class ModelFormat(StrEnum):
    """A file format for a model; `predict` takes the first one in an export that it can run."""

    PT2 = "pt2"
    ONNX = "onnx"
    TORCHSCRIPT = "torchscript"
    SAFETENSORS = "safetensors"

    @property
    def file(self) -> str:
        return f"model.{self}"
