"""The values that a trainable has for hyperparameters that it is not given."""

from collections.abc import Iterable
from typing import Any

from hpsearch.trainable.signature import Signature, no_default


def defaults_of(signature: Signature, names: Iterable[str]) -> dict[str, Any]:
    """Return the defaults that are plain values; a name with dots is in a group."""
    return {name: value for name in names for value in _default(signature, name)}


def _default(signature: Signature, name: str) -> list[Any]:
    head, *rest = name.split(".")
    field = signature.field(head)
    if field.required or field.default is no_default:
        return []
    value = field.default()
    for part in rest:
        if not hasattr(value, part):
            return []
        value = getattr(value, part)
    return [value] if value is None or type(value) in (bool, int, float, str) else []
