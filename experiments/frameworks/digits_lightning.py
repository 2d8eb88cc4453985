"""Handwritten digits by a small network of Lightning, with `hpsearch.callbacks.lightning`."""

from dataclasses import dataclass
from typing import Any

import torch
from lightning import LightningModule, Trainer, seed_everything
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset, random_split

from hpsearch import Trial
from hpsearch.callbacks.lightning import Report, settings


@dataclass(frozen=True)
class Params:
    """Hyperparameters of network and optimizer."""

    learning_rate: float
    width: int
    dropout: float = 0.2
    epochs: int = 4


class Network(LightningModule):
    """One hidden layer."""

    def __init__(self, params: Params) -> None:
        super().__init__()
        self._learning_rate = params.learning_rate
        self.layers = nn.Sequential(
            nn.Linear(64, params.width),
            nn.ReLU(),
            nn.Dropout(params.dropout),
            nn.Linear(params.width, 10),
        )

    def training_step(self, batch: list[Tensor], index: int) -> Tensor:
        """Return the loss of a batch of images (batch, 64) with their labels."""
        images, labels = batch
        return nn.functional.cross_entropy(self.layers(images), labels)

    def validation_step(self, batch: list[Tensor], index: int) -> None:
        """Log the accuracy on a batch, of all workers if there are several."""
        images, labels = batch
        right = (self.layers(images).argmax(1) == labels).float()
        self.log("val_accuracy", right.mean(), sync_dist=True)

    def configure_optimizers(self) -> Any:
        """Return the optimizer."""
        return torch.optim.Adam(self.parameters(), self._learning_rate)


def train(params: Params, trial: Trial) -> None:
    """Report the accuracy on 450 images after each epoch."""
    images, labels = load_digits(return_X_y=True)
    data = TensorDataset(torch.tensor(images / 16, dtype=torch.float32), torch.tensor(labels))
    train_set, held_out = random_split(data, [1347, 450], torch.Generator().manual_seed(0))
    seed_everything(trial.seed, verbose=False)
    report = Report(trial)
    trainer = Trainer(max_epochs=params.epochs, callbacks=[report], **settings(trial))
    trainer.fit(
        Network(params),
        DataLoader(train_set, batch_size=64, shuffle=True),
        DataLoader(held_out, batch_size=450),
        ckpt_path=report.checkpoint,
    )
