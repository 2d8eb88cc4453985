"""From a checkpoint's bytes to a model that people can use, with torch alone."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

from hpsearch import __version__
from hpsearch.errors import UserError
from hpsearch.paths import MODEL_FILE
from hpsearch.torch_export import ModelSource, export_model, load_model, load_served, trace
from hpsearch.trial import Goal, TrialRecord, TrialState

GOALS = (Goal("accuracy", "maximize"),)
RECORD = TrialRecord(
    7, 42, {"filters": 4}, TrialState.COMPLETE, datetime(2026, 11, 1, tzinfo=UTC),
    values=(0.98765,), best_step=12,
)  # fmt: skip


@dataclass(frozen=True)
class Params:
    filters: int = 4
    dropout: float = 0.5


class Cnn(nn.Module):
    """A small one, with the layers that differ between training and use."""

    def __init__(self, params: Params) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, params.filters, 3),
            nn.BatchNorm2d(params.filters),
            nn.ReLU(),
            nn.Dropout(params.dropout),
            nn.Flatten(),
            nn.Linear(params.filters * 36, 10),
        )

    def forward(self, images: Tensor) -> Tensor:  # (batch, 1, 8, 8) -> (batch, 10)
        return self.layers(images)  # type: ignore[no-any-return]


class Tied(nn.Module):
    """Two layers that share their weights, as language models do."""

    def __init__(self) -> None:
        super().__init__()
        self.there, self.back = nn.Linear(8, 8, bias=False), nn.Linear(8, 8, bias=False)
        self.back.weight = self.there.weight

    def forward(self, images: Tensor) -> Tensor:
        return self.back(self.there(images))  # type: ignore[no-any-return]


class Branching(nn.Module):
    """What torch cannot trace: it looks at its data."""

    def forward(self, images: Tensor) -> Tensor:
        return images if images.sum() > 0 else -images


class FixedBatch(nn.Module):
    """What torch traces for the example's batch alone."""

    def forward(self, images: Tensor) -> Tensor:
        return images.reshape(2, -1)


def probabilities(model: nn.Module) -> nn.Module:
    return nn.Sequential(model, nn.Softmax(dim=1))


def example() -> Tensor:
    return torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(1))


SOURCE = ModelSource("cnn.py:train", Params(), Cnn, example, probabilities)


def trained(params: Params = Params()) -> Cnn:
    torch.manual_seed(0)
    model = Cnn(params)
    model(example())  # moves the statistics of the batch norm away from where they begin
    return model.eval()


@pytest.fixture
def files() -> dict[str, bytes]:
    return {MODEL_FILE: safetensors.torch.save(trained().state_dict())}


def refusal(function: Callable[[], object]) -> str:
    with pytest.raises(UserError) as caught:
        function()
    return str(caught.value)


def test_a_checkpoint_gives_the_model_that_was_saved(files: dict[str, bytes]) -> None:
    model = load_model(SOURCE, files)
    assert not model.training
    with torch.inference_mode():
        torch.testing.assert_close(model(example()), trained()(example()), rtol=0, atol=0)


def test_weights_that_two_layers_share_are_restored() -> None:
    model, folder = Tied().eval(), {}
    shared = {"there.weight": model.there.weight}
    folder[MODEL_FILE] = safetensors.torch.save(shared)
    source = ModelSource("tied.py:train", {}, lambda _: Tied(), lambda: torch.rand(2, 8))
    loaded = load_model(source, folder)
    torch.testing.assert_close(loaded(torch.ones(1, 8)), model(torch.ones(1, 8)))


def test_truncated_weights_are_refused(files: dict[str, bytes]) -> None:
    damaged = {MODEL_FILE: files[MODEL_FILE][:-10]}
    assert "error[damaged-weights]" in refusal(lambda: load_model(SOURCE, damaged))
    assert "error[damaged-weights]" in refusal(lambda: load_model(SOURCE, {MODEL_FILE: b""}))


def test_weights_of_another_model_are_refused(files: dict[str, bytes]) -> None:
    wider = replace(SOURCE, params=Params(filters=8))
    message = refusal(lambda: load_model(wider, files))
    assert "error[unfit-weights]" in message
    assert "layers.0.weight" in message
    fewer = replace(SOURCE, build_model=lambda params: Cnn(params).layers[:3])
    assert "error[unfit-weights]" in refusal(lambda: load_model(fewer, files))


def test_a_pickle_is_never_read(files: dict[str, bytes], tmp_path: Path) -> None:
    torch.save(trained().state_dict(), tmp_path / "weights")
    pickled = {MODEL_FILE: (tmp_path / "weights").read_bytes()}
    assert "error[damaged-weights]" in refusal(lambda: load_model(SOURCE, pickled))


def test_what_is_missing_for_a_model_is_named(files: dict[str, bytes]) -> None:
    assert "there is no model.safetensors" in refusal(lambda: load_model(SOURCE, {"step": b"3"}))

    def broken(_: object) -> nn.Module:
        raise KeyError("filters")

    message = refusal(lambda: load_model(replace(SOURCE, build_model=broken), files))
    assert "error[not-exportable]" in message and "filters" in message
    single = replace(SOURCE, example_input=lambda: example()[:1])
    assert "not a batch of at least two" in refusal(lambda: load_served(single, files))


@pytest.mark.parametrize("module", [Branching(), FixedBatch()])
def test_a_model_that_cannot_be_traced_is_named(module: nn.Module, files: dict[str, bytes]) -> None:
    source = replace(SOURCE, for_serving=lambda _: module)
    assert "error[untraceable-model]" in refusal(lambda: trace(load_served(source, files)))


def test_a_regressor_is_served_as_it_is(files: dict[str, bytes]) -> None:
    served = load_served(replace(SOURCE, for_serving=None), files)
    with torch.inference_mode():
        torch.testing.assert_close(served.module(example()), trained()(example()))


BARE = """
import sys, torch

batch = torch.load(sys.argv[2], weights_only=True)
model = torch.export.load(sys.argv[1]).module()
for size in (1, 2, 7):
    torch.save(model(batch[:size]), f"{sys.argv[2]}-{size}")
assert "hpsearch" not in sys.modules
"""


def test_the_exported_model_gives_probabilities_in_a_bare_python(
    files: dict[str, bytes], tmp_path: Path
) -> None:
    export_model(tmp_path / "out", SOURCE, files, RECORD, GOALS)
    batch, inputs = torch.rand(7, 1, 8, 8), tmp_path / "batch"
    torch.save(batch, inputs)
    subprocess.run(
        [sys.executable, "-I", "-c", BARE, str(tmp_path / "out" / "model.pt2"), str(inputs)],
        cwd=tmp_path,
        check=True,
        timeout=100,
    )
    for size in (1, 2, 7):
        outputs = torch.load(f"{inputs}-{size}", weights_only=True)
        with torch.inference_mode():
            torch.testing.assert_close(outputs, trained()(batch[:size]).softmax(dim=1))
        torch.testing.assert_close(outputs.sum(dim=1), torch.ones(size))


def test_the_export_says_what_it_is(files: dict[str, bytes], tmp_path: Path) -> None:
    folder = tmp_path / "exports" / "trial-00007"
    export_model(folder, SOURCE, files, RECORD, GOALS)
    assert {file.name for file in folder.iterdir()} == {
        "README.md", "model.pt2", "model.safetensors", "params.json",
    }  # fmt: skip
    assert (folder / MODEL_FILE).read_bytes() == files[MODEL_FILE]
    card = json.loads((folder / "params.json").read_text())
    assert card == {
        "trainable": "cnn.py:train",
        "trial": 7,
        "seed": 42,
        "step": 12,
        "values": {"accuracy": 0.98765},
        "params": {"filters": 4, "dropout": 0.5},  # with the defaults that the space leaves out
        "input": {"shape": ["batch", 1, 8, 8], "dtype": "float32"},
        "output": {"shape": ["batch", 10], "dtype": "float32"},
        "hpsearch": __version__,
        "torch": torch.__version__,
    }
    readme = (folder / "README.md").read_text()
    assert "# Trial 7 of `cnn.py:train`\naccuracy 0.98765 at step 12." in readme
    assert "float32 (batch, 1, 8, 8); outputs: float32 (batch, 10)" in readme
    assert "{" not in readme


def test_a_failed_export_leaves_the_older_one(files: dict[str, bytes], tmp_path: Path) -> None:
    export_model(tmp_path / "out", SOURCE, files, RECORD, GOALS)
    untraceable = replace(SOURCE, for_serving=lambda _: Branching())
    refusal(lambda: export_model(tmp_path / "out", untraceable, files, RECORD, GOALS))
    assert (tmp_path / "out" / "model.pt2").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
