"""What can stand under `when`, for reading it and for editors; `condition.py` has what it means."""

from typing import Annotated, Any

from pydantic import WithJsonSchema

from hpsearch.experiment.condition import LOGIC, RANGES
from hpsearch.experiment.scalar import Plain

TEST: dict[str, Any] = {
    "type": "object",
    "properties": {**{word: {"type": "number"} for word in RANGES}, "not": {}},
    "additionalProperties": False,
}
When = Annotated[
    dict[str, Plain],
    WithJsonSchema(
        {
            "type": "object",
            "properties": {word: {"type": ["array", "object"]} for word in LOGIC},
            "additionalProperties": {"anyOf": [TEST, {}]},
        }
    ),
]
