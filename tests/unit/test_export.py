"""A model as files: each loaded by its own runtime, compared, described; whole or not at all."""

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

from hpsearch.common.errors import UserError
from hpsearch.common.goal import Goal
from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.models import ModelSource, Origin, export_model, load_served
from hpsearch.models.check import largest_differences
from hpsearch.models.files import MODEL_FILE, ModelFormat
from hpsearch.models.formats import write
from hpsearch.models.recipes import recipe
from hpsearch.trainable import load_trainable

TRAINABLE = """
from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True)
class SmallParams:
    filters: int = 4
    api_token: str = "hush"


def train(params: SmallParams, trial) -> None: ...


def build_model(params):
    return nn.Sequential(
        nn.Conv2d(1, params.filters, 3), nn.BatchNorm2d(params.filters), nn.ReLU(), nn.Dropout(0.5),
        nn.Flatten(), nn.Linear(params.filters * 36, 10),
    )


def for_serving(model):
    return nn.Sequential(model, nn.Softmax(dim=1))


def example_input():
    return torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(1))
"""
RECORD = TrialRecord(
    7, 42, {"filters": 4}, TrialState.COMPLETE, datetime(2026, 11, 1, tzinfo=UTC),
    values=(0.98765,), best_step=12,
)  # fmt: skip
EVALUATION = {
    "metrics": {"accuracy": 0.975, "loss": 0.1},
    "examples": 1000,
    "intervals_95": {"accuracy": [0.9634, 0.983]},
}
ORIGIN = Origin(
    "digits", RECORD, (Goal("val_accuracy", "maximize"),), 12,
    {"licence": "CC0 | free", "classes": list("abcdefghij")}, EVALUATION,
)  # fmt: skip


class Branching(nn.Module):
    """What torch cannot trace: it looks at its data."""

    def forward(self, images: Tensor) -> Tensor:
        return images if images.sum() > 0 else -images


class FixedBatch(nn.Module):
    """What is traced for the example's batch alone."""

    def forward(self, images: Tensor) -> Tensor:
        return images.reshape(2, -1)


class BakedBatch(nn.Module):
    """What TorchScript's tracer takes the example's batch for granted in."""

    def forward(self, images: Tensor) -> Tensor:
        return images + torch.zeros(len(images), 1, 1, 1)


class Several(nn.Module):
    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        return images, images


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelSource]:
    folder = tmp_path_factory.mktemp("the trainable's folder")
    (folder / "small_cnn.py").write_text(TRAINABLE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", sys.path.copy())
        found = load_trainable("small_cnn.py:train", folder)
    yield ModelSource(
        "small_cnn.py:train",
        found.make_params({"filters": 4}),
        found.module.build_model,
        found.module.example_input,
        found.module.for_serving,
        folder,
    )


@pytest.fixture(scope="module")
def weights(source: ModelSource, tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    model = source.build_model(source.params)
    model(source.example_input())  # moves the statistics of the batch norm away from their start
    file = tmp_path_factory.mktemp("checkpoint") / MODEL_FILE
    safetensors.torch.save_file(model.state_dict(), file)
    return file


@pytest.fixture(scope="module")
def exported(source: ModelSource, weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports") / "all"
    export_model(folder, source, weights, ORIGIN, tuple(ModelFormat))
    return folder


def refusal(function: Callable[[], object]) -> str:
    with pytest.raises(UserError) as caught:
        function()
    return str(caught.value)


def blocks(card: str) -> dict[str, str]:
    """Return the card's code by the file that it loads."""
    return dict(re.findall(r"`(model\.\w+)`:\n```python\n(.*?)```", card, re.DOTALL))


@pytest.mark.parametrize("file", [one.file for one in ModelFormat])
def test_the_code_of_the_card_works_as_it_stands(
    file: str, exported: Path, source: ModelSource, weights: Path
) -> None:
    code = blocks((exported / "README.md").read_text())[file]
    end = "\nassert outputs.shape == (3, 10), outputs.shape\nprint([*map(float, outputs[2])])"
    command = [sys.executable, "-I", "-c", code + end]
    done = subprocess.run(command, cwd=exported, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    served = load_served(source, weights)
    expected = served.outputs(torch.zeros(3, 1, 8, 8))[2]
    torch.testing.assert_close(torch.tensor(json.loads(done.stdout)), expected)


def test_the_card_says_what_the_model_is(exported: Path) -> None:
    card = (exported / "README.md").read_text()
    for said in (
        "# digits, trial 7\n",
        "from float32 (batch, 1, 8, 8) to float32 (batch, 10)",
        "| val_accuracy (validation, at step 12; chosen among 12 trials by it) | 0.987650 |  |",
        "| accuracy (held-out data, 1,000 examples) | 0.975000 | 0.9634 to 0.9830 |",
        "| loss (held-out data, 1,000 examples) | 0.100000 |  |",
        "| licence | CC0 \\| free |",
        "| filters | 4 |",
        "| api_token | *** |",
        f"| torch | {torch.__version__.partition('+')[0]}",
        "1e-05 + 0.0001 × the value is allowed",
    ):
        assert said in card
    assert "hush" not in card


def test_a_card_says_what_is_not_known(source: ModelSource, weights: Path, tmp_path: Path) -> None:
    bare = Origin("digits", RECORD, ORIGIN.goals, 12)
    export_model(tmp_path / "out", source, weights, bare, (ModelFormat.PT2,))
    card = (tmp_path / "out" / "README.md").read_text()
    assert "not measured: `hpsearch evaluate digits`" in card
    assert "the trainable has no `describe_data`" in card
    assert list(blocks(card)) == ["model.pt2"]


def test_the_manifest_has_the_hash_of_every_file(exported: Path) -> None:
    manifest = json.loads((exported / "manifest.json").read_text())
    others = {file.name: file.read_bytes() for file in exported.iterdir()}
    assert {*others} == {*manifest["files"], "manifest.json"}
    for name, listed in manifest["files"].items():
        assert listed["sha256"] == hashlib.sha256(others[name]).hexdigest()
        assert listed["bytes"] == len(others[name])
    differences = [manifest["files"][one.file]["largest_difference"] for one in ModelFormat]
    assert 0 <= max(differences) < 1e-5
    assert manifest["tolerance"] == {"absolute": 1e-5, "relative": 1e-4, "batch_sizes": [1, 2, 3]}
    assert manifest["input"] == {"shape": ["batch", 1, 8, 8], "dtype": "float32"}
    assert manifest["output"] == {"shape": ["batch", 10], "dtype": "float32"}
    assert manifest["params"] == {"filters": 4, "api_token": "***"}
    assert (manifest["trial"], manifest["seed"], manifest["step"]) == (7, 42, 12)
    assert manifest["evaluation"] == EVALUATION
    assert "hush" not in (exported / "manifest.json").read_text()


def test_onnx_names_no_file_of_this_machine(exported: Path) -> None:
    assert b"site-packages" not in (exported / "model.onnx").read_bytes()


@pytest.mark.parametrize(
    ("module", "format_", "code"),
    [
        (Branching(), ModelFormat.PT2, "untraceable-model"),
        (FixedBatch(), ModelFormat.PT2, "untraceable-model"),
        (BakedBatch(), ModelFormat.TORCHSCRIPT, "unusable-export"),
        (Several(), ModelFormat.PT2, "not-exportable"),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, nn.Module) else str(one),
)
def test_a_model_that_cannot_be_exported_leaves_the_older_export(
    module: nn.Module,
    format_: ModelFormat,
    code: str,
    source: ModelSource,
    weights: Path,
    tmp_path: Path,
) -> None:
    (tmp_path / "out").mkdir()
    other = replace(source, for_serving=lambda _: module)
    assert f"error[{code}]" in refusal(
        lambda: export_model(tmp_path / "out", other, weights, ORIGIN, (format_,))
    )
    assert [path.name for path in tmp_path.rglob("*")] == ["out"]


def test_a_file_with_other_outputs_is_refused(
    source: ModelSource, weights: Path, tmp_path: Path
) -> None:
    served = load_served(source, weights)
    logits = replace(served, module=served.module.get_submodule("0"))
    write(logits, weights, (ModelFormat.PT2,), tmp_path)
    recipes: dict[str, Any] = {"model.pt2": recipe(ModelFormat.PT2, source)}
    message = refusal(lambda: largest_differences(tmp_path, recipes, served))
    assert "error[export-differs]: the outputs of model.pt2" in message and "1e-05" in message
