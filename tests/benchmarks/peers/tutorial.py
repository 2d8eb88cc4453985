"""The usual way: a DataLoader over torchvision's MNIST with ToTensor, as PyTorch's tutorials do.

The network and the split are those of experiments/cnn.py, written as the tutorials write them.
"""

import os
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import torch
from mnist import VALIDATION_IMAGES
from torch import Tensor, nn
from torch.optim import SGD, Adam, AdamW, Optimizer
from torch.optim.lr_scheduler import ConstantLR, LRScheduler, OneCycleLR
from torch.utils.data import DataLoader, Subset
from torchvision.datasets import MNIST
from torchvision.transforms import ToTensor

from tests.benchmarks.peers.data import VARIABLE


def loaders(batch_size: int) -> tuple[DataLoader[Any], DataLoader[Any]]:
    """Training and validation; no further processes, since every core has a trial."""
    images = MNIST(os.environ[VARIABLE], train=True, transform=ToTensor())
    validation = Subset(images, range(VALIDATION_IMAGES))
    training = Subset(images, range(VALIDATION_IMAGES, len(images)))
    return DataLoader(training, batch_size, shuffle=True), DataLoader(validation, batch_size)


def build_model(config: dict[str, Any]) -> nn.Module:
    """Convolution, ReLU, pooling, twice; then a dense layer with dropout."""
    kernel, first, second = config["kernel_size"], config["filters_1"], config["filters_2"]
    return nn.Sequential(
        OrderedDict[str, nn.Module](
            conv_1=nn.Conv2d(1, first, kernel, padding="same"),
            relu_1=nn.ReLU(),
            pool_1=nn.MaxPool2d(2),
            conv_2=nn.Conv2d(first, second, kernel, padding="same"),
            relu_2=nn.ReLU(),
            pool_2=nn.MaxPool2d(2),
            flatten=nn.Flatten(),
            dense=nn.Linear(49 * second, config["dense_units"]),
            relu_3=nn.ReLU(),
            dropout=nn.Dropout(config["dropout"]),
            logits=nn.Linear(config["dense_units"], 10),
        )
    )


def build_optimizer(model: nn.Module, config: dict[str, Any]) -> Optimizer:
    """The optimizer by name, with torch's defaults."""
    rate, decay = config["learning_rate"], config["weight_decay"]
    if config["optimizer"] == "sgd":
        return SGD(model.parameters(), rate, config["momentum"], weight_decay=decay)
    kind = AdamW if config["optimizer"] == "adamw" else Adam
    return kind(model.parameters(), rate, weight_decay=decay)


def build_schedule(optimizer: Optimizer, config: dict[str, Any]) -> LRScheduler:
    """The schedule by name; it moves on at every step."""
    if config["schedule"] == "constant":
        return ConstantLR(optimizer, factor=1.0)
    return OneCycleLR(optimizer, config["learning_rate"], config["steps"], cycle_momentum=False)


def losses(
    model: nn.Module, training: DataLoader[Any], config: dict[str, Any], device: torch.device
) -> Iterator[Tensor]:
    """Train for ever, a step at a time; gives each step's loss."""
    criterion, optimizer = nn.CrossEntropyLoss(), build_optimizer(model, config)
    schedule = build_schedule(optimizer, config)
    while True:
        for images, labels in training:
            model.train()
            optimizer.zero_grad()
            loss = criterion(model(images.to(device)), labels.to(device))
            loss.backward()
            optimizer.step()
            schedule.step()
            yield loss


def accuracy(model: nn.Module, validation: DataLoader[Any]) -> float:
    """The share of the validation images that are told right."""
    model.eval()
    correct = total = 0
    with torch.no_grad():
        for images, labels in validation:
            correct += (model(images).argmax(dim=1) == labels).sum().item()
            total += len(labels)
    return correct / total
