"""From a checkpoint's bytes to a model that people can use, with torch alone."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

from hpsearch.common.errors import UserError
from hpsearch.models import ModelSource, load_model, load_served
from hpsearch.models.files import MODEL_FILE
from hpsearch.models.recipes import import_of


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
def weights(tmp_path: Path) -> Path:
    file = tmp_path / MODEL_FILE
    safetensors.torch.save_file(trained().state_dict(), file)
    return file


def refusal(function: Callable[[], object]) -> str:
    with pytest.raises(UserError) as caught:
        function()
    return str(caught.value)


def test_a_checkpoint_gives_the_model_that_was_saved(weights: Path) -> None:
    model = load_model(SOURCE, weights)
    assert not model.training
    with torch.inference_mode():
        torch.testing.assert_close(model(example()), trained()(example()), rtol=0, atol=0)


def test_weights_that_two_layers_share_are_restored(tmp_path: Path) -> None:
    model, file = Tied().eval(), tmp_path / MODEL_FILE
    safetensors.torch.save_file({"there.weight": model.there.weight}, file)
    source = ModelSource("tied.py:train", {}, lambda _: Tied(), lambda: torch.rand(2, 8))
    loaded = load_model(source, file)
    torch.testing.assert_close(loaded(torch.ones(1, 8)), model(torch.ones(1, 8)))


def test_truncated_weights_are_refused(weights: Path) -> None:
    for damaged in (weights.read_bytes()[:-10], b""):
        weights.write_bytes(damaged)
        assert "error[damaged-weights]" in refusal(lambda: load_model(SOURCE, weights))


def test_weights_of_another_model_are_refused(weights: Path) -> None:
    wider = replace(SOURCE, params=Params(filters=8))
    message = refusal(lambda: load_model(wider, weights))
    assert "error[unfit-weights]" in message
    assert "layers.0.weight" in message
    fewer = replace(SOURCE, build_model=lambda params: Cnn(params).layers[:3])
    assert "error[unfit-weights]" in refusal(lambda: load_model(fewer, weights))


def test_a_pickle_is_never_read(tmp_path: Path) -> None:
    pickled = tmp_path / MODEL_FILE
    torch.save(trained().state_dict(), pickled)
    assert "error[damaged-weights]" in refusal(lambda: load_model(SOURCE, pickled))


def test_what_is_missing_for_a_model_is_named(weights: Path, tmp_path: Path) -> None:
    none = tmp_path / "empty" / MODEL_FILE
    assert "there is no model.safetensors" in refusal(lambda: load_model(SOURCE, none))

    def broken(_: object) -> nn.Module:
        raise KeyError("filters")

    message = refusal(lambda: load_model(replace(SOURCE, build_model=broken), weights))
    assert "error[not-exportable]" in message and "filters" in message
    single = replace(SOURCE, example_input=lambda: example()[:1])
    assert "not a batch of at least two" in refusal(lambda: load_served(single, weights))


def test_a_regressor_is_served_as_it_is(weights: Path) -> None:
    served = load_served(replace(SOURCE, for_serving=None), weights)
    with torch.inference_mode():
        torch.testing.assert_close(served.module(example()), trained()(example()))


@pytest.mark.parametrize("name", ["plain.py", "train-v2.py", "random.py", "torch.py"])
def test_the_recipe_for_the_weights_imports_the_trainable_by_any_name(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_text("def build_model(params):\n    return 7\n")
    source = ModelSource(f"src/{name}:train", {}, Cnn, example, folder=tmp_path)
    lines = import_of(source, ["build_model"])
    program = f"import sys, random\n{lines}\nprint(build_model(None))"
    command = [sys.executable, "-I", "-c", program]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "7\n"
