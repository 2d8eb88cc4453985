"""The CNN's predictions, accuracy and loss, and the tutorial's logging hook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from mnist import Digits
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from hpsearch import Trial

CLASSES = 10
LOG_PROBABILITIES_EVERY = 50  # steps, as the tutorial's LoggingTensorHook
LOG_LOSS_EVERY = 100  # steps, as the tutorial's Estimator
HOOK_FILE = "logging_hook.csv"
HOOK_METRICS = ["batch_loss", *(f"probability_{digit}" for digit in range(10))]

# Images a forward pass, by type of device. On a CPU (one thread of an AMD EPYC, 2026-11) 5,000
# images take 1.55 s by 125 and 2.3 s by 1,000, which fill the cache; a GPU takes them all at once.
IMAGES_PER_PASS = {"cpu": 125, "cuda": 5_000}


def autocast(device: torch.device) -> torch.autocast:
    """bfloat16 on GPUs; float32 on CPUs, since many of them have no bfloat16 arithmetic."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda")


@torch.inference_mode()
def predict(model: nn.Module, images: Tensor) -> dict[str, Tensor]:
    """`classes` (batch,) int64 and `probabilities` (batch, 10) of images (batch, 1, 28, 28).

    Leaves the model in eval mode.
    """
    logits: Tensor = model.eval()(images)
    return {"classes": logits.argmax(dim=1), "probabilities": logits.softmax(dim=1)}


def measure(model: nn.Module, digits: Digits) -> dict[str, float]:
    """`accuracy` in [0, 1] and `loss`, the mean cross-entropy; leaves the model in eval mode."""
    judged = judge(model, digits)
    return {name: judged[name] for name in ("accuracy", "loss")}


def judge(model: nn.Module, digits: Digits) -> dict[str, Any]:
    """What `measure` gives, the number of `examples`, and which digit was predicted as which."""
    confusion, loss = _count(model, digits)
    count = len(digits.labels)
    return {
        "accuracy": confusion.trace().item() / count,
        "loss": loss.item() / count,
        "examples": count,
        "confusion_matrix": confusion,
    }


@torch.inference_mode()
def _count(model: nn.Module, digits: Digits) -> tuple[Tensor, Tensor]:
    """Counts (10, 10) int64, rows true and columns predicted, and the sum of the cross-entropies.

    Both stay on the device, so that nothing waits for it between passes.
    """
    model.eval()
    device = digits.labels.device
    pairs = torch.zeros(CLASSES * CLASSES, device=device, dtype=torch.int64)
    loss = torch.zeros((), device=device)
    passes = (torch.split(tensor, IMAGES_PER_PASS[device.type]) for tensor in digits)
    for images, labels in zip(*passes, strict=True):
        with autocast(device):
            logits = model(images)
            loss += functional.cross_entropy(logits, labels, reduction="sum")
        taken = labels * CLASSES + logits.argmax(dim=1)
        pairs.index_add_(0, taken, torch.ones_like(taken))
    return pairs.reshape(CLASSES, CLASSES), loss


class LoggingHook:
    """The tutorial's hook: a batch's loss, and the probabilities of one fixed image, now and then.

    Goes to the trial's log and to a table among its artifacts. It draws no random number, so that
    training is the same with it and without; its image costs 1 ms every 50 steps.
    """

    def __init__(self, trial: Trial, example: Tensor) -> None:
        self._trial = trial
        self._example = example  # (1, 1, 28, 28)
        self._table = trial.artifacts / HOOK_FILE
        self.restore([",".join(["step", *HOOK_METRICS]) + "\n"])

    def restore(self, lines: list[str]) -> None:
        """Begin the table with `lines`: the artifacts of an earlier attempt may be elsewhere."""
        self.lines = lines
        self._table.write_text("".join(lines))

    def after_step(self, step: int, loss: Tensor, model: nn.Module) -> None:
        """Log what is due at `step`; `loss` is the batch's, read from the device only then."""
        if step % LOG_PROBABILITIES_EVERY:
            return
        probabilities = predict(model, self._example)["probabilities"][0].tolist()
        model.train()
        metrics = dict(zip(HOOK_METRICS[1:], probabilities, strict=True))
        if step % LOG_LOSS_EVERY == 0:
            metrics["batch_loss"] = loss.item()
        self._trial.log(step, metrics)
        self._append([str(step), *(str(metrics.get(name, "")) for name in HOOK_METRICS)])

    def _append(self, cells: list[str]) -> None:
        self.lines.append(",".join(cells) + "\n")
        with self._table.open("a") as table:
            table.write(self.lines[-1])
