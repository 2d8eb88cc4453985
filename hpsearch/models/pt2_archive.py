"""Opens a pt2 archive without running code that it may hold.

`torch.export.load` unpickles example inputs and what the archive calls pickled, has sympy evaluate
the texts of symbolic sizes, and compiles guards: each of them ran a shell command in our tests
(torch 2.14). So the archive is read here, refused unless it is raw weights and a graph of ATen
operators, and what was checked is written to a new archive; nothing else reaches torch.

Covered: what `torch.export.save` writes of a module of tensors in and out. Not covered: flaws in
the operators themselves.
"""

import io
import json
import re
import zipfile
from collections.abc import Mapping
from typing import Any

import torch
from torch.export import ExportedProgram

GRAPH = "models/model.json"
CONFIGS = {
    "data/weights/model_weights_config.json": re.compile(r"weight_\d+"),
    "data/constants/model_constants_config.json": re.compile(r"tensor_\d+"),
}
"""The lists of raw tensors, and how the file of each is called, beside its list."""

FIXED = {
    "archive_format": b"pt2",
    "archive_version": b"0",
    "byteorder": b"little",
    ".data/version": b"6\n",
    "data/sample_inputs/model.pt": b"",  # empty: there are none, and nothing is unpickled
}

PLAIN = re.compile(r"[\w.,+> -]*")
TREE = re.compile(
    r'(?:"type": (?:null|"builtins\.(?:tuple|list|dict)")'
    r'|"context"|"children_spec"|"null"|null|"\[\]"|[\d\[\]{},: ])*'
)
TEXTS = {
    "target": re.compile(
        r"torch\.ops\.aten\.(?!from_file)\w+\.\w+|torch\.sym_\w+"
        r"|_operator\.(?:add|sub|mul|truediv|floordiv|mod|pow|neg|eq|ne|lt|le|gt|ge|getitem)"
    ),
    "expr_str": re.compile(
        r"(?:\b(?:Symbol|Integer|Add|Mul|Pow|Max|Min|Mod|FloorDiv|positive|integer|True|False)\b"
        r"|'[a-z]\d+'|[\d(),=+*/ -])*"
    ),
    "in_spec": TREE,
    "out_spec": TREE,
}
"""What the texts of a graph may be, by their key; all others are plain names."""


class Refused(ValueError):
    """The archive holds something that no model needs."""


def open_pt2(records: Mapping[str, bytes]) -> ExportedProgram:
    """Return the program of an archive's records, by their names without the folder of all.

    Raises Refused, KeyError if a record is missing, or what torch raises.
    """
    graph = json.loads(records[GRAPH])
    _strip(graph)
    _check(graph)
    checked = {**FIXED, GRAPH: json.dumps(graph).encode()}
    for name, raw in CONFIGS.items():
        config = json.loads(records[name])
        _check(config)
        checked[name] = json.dumps(config).encode()
        for entry in config["config"].values():
            if entry["use_pickle"] is not False or not raw.fullmatch(entry["path_name"]):
                raise Refused(f"it wants {entry['path_name']!r} to be unpickled.")
            path = f"{name.rpartition('/')[0]}/{entry['path_name']}"
            checked[path] = records[path]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        for name, content in checked.items():
            made.writestr(f"model/{name}", content)
    archive.seek(0)
    return torch.export.load(archive)


def _strip(graph: dict[str, Any]) -> None:
    """Remove what only people and compilers read: the origin of nodes, and guards."""
    graph["guards_code"] = []
    for node in graph["graph_module"]["graph"]["nodes"]:
        node["metadata"] = {}


def _check(value: object, key: str = "") -> None:
    """Raise Refused for a text that may be more than a name, an operator or a size."""
    if isinstance(value, dict):
        for name, one in value.items():
            _check(name)
            _check(one, name)
    elif isinstance(value, list):
        for one in value:
            _check(one, key)
    elif isinstance(value, str) and TEXTS.get(key, PLAIN).fullmatch(value) is None:
        raise Refused(f"its graph holds {value[:80]!r}, which is no ATen operator, name or size.")
