"""One step of the CNN's training: forward, backward, the optimizer and the learning rate.

On a GPU the step can be captured as a CUDA graph. So the learning rate is a tensor there, which the
schedule fills in place: a number would keep the value that it had in the captured step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from captured_step import Step
from cnn_evaluation import autocast
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import SGD, Adam, AdamW, Optimizer
from torch.optim.lr_scheduler import ConstantLR, LRScheduler, OneCycleLR

if TYPE_CHECKING:
    from cnn import CnnParams


def build_step(model: nn.Module, optimizer: Optimizer, *, label_smoothing: float) -> Step:
    """Train on images (batch, 1, 28, 28) and labels (batch,): their mean loss, a scalar."""

    def step(images: Tensor, labels: Tensor) -> Tensor:
        with autocast(images.device):
            logits = model(images)
            loss = functional.cross_entropy(logits, labels, label_smoothing=label_smoothing)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        return loss.detach()

    return step


def build_optimizer(model: nn.Module, params: CnnParams) -> Optimizer:
    """Fused, on CPUs too: that saves Adam 8 of 96 ms a step on the tutorial's network."""
    decay, device = params.weight_decay, next(model.parameters()).device
    on_gpu = device.type == "cuda"
    rate: float | Tensor = params.learning_rate
    if on_gpu:  # the fused kernels read float32 and nothing else
        rate = torch.tensor(rate, device=device, dtype=torch.float32)
    if params.optimizer == "sgd":
        momentum = params.momentum
        return SGD(model.parameters(), rate, momentum=momentum, weight_decay=decay, fused=True)
    kind = AdamW if params.optimizer == "adamw" else Adam
    return kind(model.parameters(), rate, weight_decay=decay, fused=True, capturable=on_gpu)


def restore_optimizer(optimizer: Optimizer, state: dict[str, Any]) -> None:
    """Restore a checkpoint's `state`, loaded to the CPU and perhaps from another kind of device.

    torch moves the moments to the weights' device but leaves the rest as it is: the learning rate
    would be a tensor on the CPU, and a captured step would keep seeing this one value.
    """
    before = optimizer.param_groups
    optimizer.load_state_dict(state)
    for group, own in zip(optimizer.param_groups, before, strict=True):
        rate = float(group["lr"])
        group["lr"] = own["lr"].fill_(rate) if isinstance(own["lr"], Tensor) else rate
        if "capturable" in own:
            group["capturable"] = own["capturable"]


def build_schedule(optimizer: Optimizer, params: CnnParams) -> LRScheduler:
    """one_cycle: up for 30 % of the steps, from a 25th of the learning rate, then down to ~0."""
    if params.schedule == "constant":
        return ConstantLR(optimizer, factor=1.0)
    peak = params.learning_rate
    return OneCycleLR(optimizer, peak, total_steps=params.steps, cycle_momentum=False)
