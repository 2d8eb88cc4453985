"""The documents beside an exported model: a card for people, a manifest for programs."""

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from torch import Tensor

from hpsearch import __version__
from hpsearch.analysis import Stretch
from hpsearch.common.goal import Goal
from hpsearch.common.text import number
from hpsearch.common.trial import TrialRecord
from hpsearch.models.check import ABSOLUTE, BATCH_SIZES, RELATIVE, TOLERANCE
from hpsearch.models.files import CARD_FILE, MANIFEST_FILE
from hpsearch.models.formats import ONNX_PACKAGES
from hpsearch.models.model import ModelSource
from hpsearch.models.params import params_of
from hpsearch.models.recipes import Recipe


@dataclass(frozen=True)
class Origin:
    """Where a model comes from. `trials` is how many there were to choose from.

    `data` is what the trainable's `describe_data` returned; its `classes`, if any, name the outputs
    in order. `evaluation` is what `hpsearch evaluate` found, if it was run; `schedule` is empty if
    the hyperparameters held all the time.
    """

    study: str
    record: TrialRecord
    goals: Sequence[Goal]
    trials: int
    data: Mapping[str, Any] = field(default_factory=dict)
    evaluation: Mapping[str, Any] | None = None
    schedule: Sequence[Stretch] = ()


def manifest(
    origin: Origin,
    source: ModelSource,
    shapes: tuple[Tensor, Tensor],
    files: Mapping[str, Path],
    differences: Mapping[str, float],
) -> dict[str, Any]:
    """Return all that is known of the export; `shapes` are a batch and its outputs."""
    record, (inputs, outputs) = origin.record, shapes
    metrics = (goal.metric for goal in origin.goals)
    return {
        "study": origin.study,
        "trainable": source.reference,
        "trial": record.number,
        "trials": origin.trials,
        "seed": record.seed,
        "step": record.kept_step,
        "values": dict(zip(metrics, record.values, strict=False)),
        "evaluation": origin.evaluation,
        "schedule": [one.as_data() for one in origin.schedule],
        "params": source.privacy.shown(params_of(source.params)),
        "data": source.privacy.hide(origin.data),
        "input": _describe(inputs),
        "output": _describe(outputs),
        "tolerance": {"absolute": ABSOLUTE, "relative": RELATIVE, "batch_sizes": BATCH_SIZES},
        "versions": _versions(files),
        "files": {
            name: {**_listed_file(file), "largest_difference": differences[name]}
            for name, file in files.items()
        },
    }


def documents(facts: dict[str, Any], recipes: Mapping[str, Recipe]) -> dict[str, bytes]:
    """Return the card and, last, the manifest, which has the card's hash too."""
    card = _card(facts, recipes).encode()
    whole = {**facts, "files": {**facts["files"], CARD_FILE: _listed(card)}}
    return {CARD_FILE: card, MANIFEST_FILE: json.dumps(whole, indent=2, default=str).encode()}


def _listed(data: bytes) -> dict[str, Any]:
    """Return what the manifest says of every file."""
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _listed_file(file: Path) -> dict[str, Any]:
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    return {"bytes": file.stat().st_size, "sha256": digest}


def _describe(tensor: Tensor) -> dict[str, Any]:
    """Return shape and type of a tensor whose first dimension is the batch."""
    return {"shape": ["batch", *tensor.shape[1:]], "dtype": str(tensor.dtype).split(".")[-1]}


def _versions(files: Iterable[str]) -> dict[str, str]:
    packages = ("torch", *(ONNX_PACKAGES if any(name.endswith(".onnx") for name in files) else ()))
    named = {package: version(package) for package in packages}
    return {"hpsearch": __version__, "python": platform.python_version(), **named}


def _card(facts: Mapping[str, Any], recipes: Mapping[str, Recipe]) -> str:
    said = {name: _said(facts[name]) for name in ("input", "output")}
    parts = [
        f"# {facts['study']}, trial {facts['trial']}\n"
        f"The model of one trial of `{facts['trainable']}`, found by hpsearch: from"
        f" {said['input']} to {said['output']}, any number of examples at once.",
        "## Metrics\n" + _table(("metric", "value", "95% interval"), _metrics(facts)),
        "## Data\n" + _table(("", ""), _data(facts["data"])),
        "## Hyperparameters\n" + _table(("parameter", "value"), facts["params"].items()),
        *_schedule(facts["schedule"]),
        "## Files\n"
        + _table(("file", "holds", "bytes", "largest difference"), _files(facts, recipes)),
        "Each file was loaded in a separate process as shown below, and compared with the model on"
        f" {', '.join(map(str, BATCH_SIZES))} examples; the largest difference is in the table,"
        f" {TOLERANCE} is allowed. `{MANIFEST_FILE}` has the SHA-256 of each.",
        "## How to load it",
        *(_usage(file, recipe, facts["input"]) for file, recipe in recipes.items()),
        "`torch.export.load` and `torch.jit.load` run code that a file holds: load only files"
        " that you trust. `hpsearch predict` runs no pickle and no unknown operator.",
        "## Made with\n" + _table(("package", "version"), facts["versions"].items()),
    ]
    return "\n\n".join(parts) + "\n"


def _schedule(stretches: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the part about hyperparameters that changed during the training, if any did."""
    if not stretches:
        return []
    names = {name: None for one in stretches for name in one["params"]}
    rows = [
        (one["trial"], one["after"], one["until"], *(one["params"].get(n, "") for n in names))
        for one in stretches
    ]
    heads = ("trial", "after step", "to step", *names)
    said = "They changed during the training, -1 being its start; those above are the last."
    return [f"## Schedule\n{said}\n\n{_table(heads, rows)}"]


def _said(described: Mapping[str, Any]) -> str:
    return f"{described['dtype']} ({', '.join(map(str, described['shape']))})"


def _metrics(facts: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    chosen = f"validation, at step {facts['step']}; chosen among {facts['trials']} trials by it"
    rows = [(f"{name} ({chosen})", number(value, 6), "") for name, value in facts["values"].items()]
    evaluation = facts["evaluation"]
    if evaluation is None:
        return [
            *rows,
            ("held-out data", f"not measured: `hpsearch evaluate {facts['study']}`", ""),
        ]
    examples = f", {evaluation['examples']:,} examples" if evaluation["examples"] else ""
    intervals = evaluation["intervals_95"]
    for name, value in evaluation["metrics"].items():
        interval = " to ".join(f"{end:.4f}" for end in intervals.get(name, ()))
        rows.append((f"{name} (held-out data{examples})", number(value, 6), interval))
    return rows


def _data(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = [
        (name, ", ".join(map(str, said)) if isinstance(said, list | tuple) else str(said))
        for name, said in data.items()
    ]
    return rows or [("unknown", "the trainable has no `describe_data`")]


def _files(facts: Mapping[str, Any], recipes: Mapping[str, Recipe]) -> list[tuple[object, ...]]:
    return [
        (f"`{file}`", recipe.holds, f"{said['bytes']:,}", f"{said['largest_difference']:.2g}")
        for file, recipe in recipes.items()
        for said in [facts["files"][file]]
    ]


def _usage(file: str, recipe: Recipe, described: Mapping[str, Any]) -> str:
    shape = (3, *described["shape"][1:])
    inputs = f"inputs = {recipe.arrays}.zeros({shape}, dtype={recipe.arrays}.{described['dtype']})"
    return f"`{file}`:\n```python\n{recipe.load}\n{inputs}\n{recipe.call}\n```"


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    cells = [[str(cell).replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)
