"""A search of seconds with everything in it: a model, trials that are pruned, one that fails."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from hpsearch import Trial


@dataclass(frozen=True)
class Params:
    """The hyperparameters; `momentum` is for sgd alone."""

    filters_1: int
    filters_2: int
    dropout: float
    learning_rate: float
    optimizer: str
    momentum: float = 0.0
    steps: int = 6


def build_model(params: Params) -> nn.Module:
    return nn.Sequential(
        nn.Linear(8, params.filters_1), nn.ReLU(), nn.Dropout(params.dropout),
        nn.Linear(params.filters_1, params.filters_2), nn.ReLU(), nn.Linear(params.filters_2, 3),
    )  # fmt: skip


def example_input() -> Tensor:
    return torch.zeros(2, 8)


def data(seed: int, examples: int = 600) -> tuple[Tensor, Tensor]:
    """Return points, (examples, 8), and their classes: which of the first three is the largest."""
    inputs = torch.randn(examples, 8, generator=torch.Generator().manual_seed(seed))
    return inputs, inputs[:, :3].argmax(dim=1)


def evaluate(model: nn.Module, params: Params, device: str) -> Mapping[str, float]:
    inputs, labels = data(seed=2)
    right = (model(inputs).argmax(dim=1) == labels).float().mean()
    return {"accuracy": float(right), "examples": len(labels)}


def train(params: Params, trial: Trial) -> None:
    if trial.number == 4:
        raise ValueError("this one fails on purpose")
    torch.manual_seed(trial.seed)
    model = build_model(params)
    kind = torch.optim.SGD if params.optimizer == "sgd" else torch.optim.Adam
    # these two learn nothing, and are stopped for it
    rate = 0.0 if trial.number in (14, 15) else params.learning_rate
    optimizer = kind(model.parameters(), lr=rate)
    (inputs, labels), (unseen, answers) = data(seed=0), data(seed=1)

    def save(folder: Path) -> None:
        save_file(model.state_dict(), folder / "model.safetensors")

    for step in range(1, params.steps + 1):
        model.train()
        for _ in range(10):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(inputs), labels)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        model.eval()
        with torch.no_grad():
            accuracy = (model(unseen).argmax(dim=1) == answers).float().mean()
        metrics = {"val_accuracy": float(accuracy), "train_loss": float(loss)}
        trial.report(step, metrics, checkpoint=save)
