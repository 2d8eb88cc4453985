"""The keys of an experiment file as JSON Schema, for editors and for the reference."""

from functools import reduce
from operator import getitem
from typing import Any

from hpsearch.experiment.schema import Experiment


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of an experiment file: every key's type, default and meaning."""
    schema = Experiment.model_json_schema()
    for place in ("properties/params", "properties/space", "properties/suggestions/items"):
        key: dict[str, Any] = reduce(getitem, place.split("/"), schema)
        if key["additionalProperties"] is True:  # any value, so a group as well
            continue
        # a group, and groups in it, are what the whole mapping is
        key["additionalProperties"] = {
            "anyOf": [key["additionalProperties"], {"$ref": f"#/{place}"}]
        }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "hpsearch experiment",
    }
