"""One training of the CNN: its steps, and the checkpoint from which it resumes bit for bit."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import safetensors.torch
import torch
from captured_step import for_device
from cnn_evaluation import LoggingHook
from cnn_step import build_optimizer, build_schedule, build_step, restore_optimizer
from mnist import IMAGE_SIZE, Digits
from torch import Tensor, nn

if TYPE_CHECKING:
    from cnn import CnnParams

    from hpsearch import Trial

MODEL_FILE = "model.safetensors"  # where hpsearch looks for the weights
STATE_FILE = "state.pt"

EPOCH_SEED_STRIDE = 1_000_003  # so that neighbouring seeds share no epoch's order

# Images that share one random shift and rotation: torchvision draws one per call. Ten cost 2 ms a
# step of 100 images, one would cost 14 (one thread of an AMD EPYC, 2026-11).
IMAGES_PER_DRAW = 10


class Training:
    """Model, optimizer, schedule and step: what changes in training and what a checkpoint holds."""

    def __init__(
        self, model: nn.Module, params: CnnParams, trial: Trial, *, example: Tensor
    ) -> None:
        self.model = model.to(trial.device).to(memory_format=torch.channels_last)
        self.step = 0
        self._params = params
        self._seed = trial.seed
        self._device = torch.device(trial.device)
        self._optimizer = build_optimizer(self.model, params)
        self._schedule = build_schedule(self._optimizer, params)
        self._augment = build_augmentation(params)
        step = build_step(self.model, self._optimizer, label_smoothing=params.label_smoothing)
        self._train_on = for_device(step, self._device)
        self._hook = LoggingHook(trial, example)

    def advance(self, digits: Digits) -> dict[str, float]:
        """Train to the next report: `train_loss`, the mean since the last, and the speed."""
        first, stop, started = self.step, self._next_report(), time.perf_counter()
        batch_size = self._params.batch_size
        batches = shuffled_batches(digits, batch_size, seed=self._seed, first_step=first)
        total_loss = torch.zeros((), device=self._device)
        self.model.train()
        for images, labels in itertools.islice(batches, stop - first):
            loss = self._update(images, labels)
            total_loss += loss  # on the device: reading it here would wait for the GPU
            self.step += 1
            self._hook.after_step(self.step, loss, self.model)
        train_loss = total_loss.item() / (stop - first)
        speed = (stop - first) / (time.perf_counter() - started)
        return {"train_loss": train_loss, "steps_per_second": speed}

    def _next_report(self) -> int:
        every = self._params.report_every_steps
        return min((self.step // every + 1) * every, self._params.steps)

    def _update(self, images: Tensor, labels: Tensor) -> Tensor:
        """One step on images (batch, 1, 28, 28) and labels (batch,): their loss, until the next.

        What draws its numbers on the CPU, or is decided there, stays outside of a captured step.
        """
        loss = self._train_on(self._augment(images), labels)
        self._schedule.step()
        return loss

    def save(self, folder: Path) -> None:
        """Write the weights, for users of the model, and a second file with what resuming needs."""
        weights = {name: tensor.contiguous() for name, tensor in self.model.state_dict().items()}
        safetensors.torch.save_file(weights, folder / MODEL_FILE)
        on_gpu = self._device.type == "cuda"
        state = {
            "step": self.step,
            "optimizer": self._optimizer.state_dict(),
            "schedule": self._schedule.state_dict(),
            "hook": self._hook.lines,
            "random": torch.get_rng_state(),
            "random_gpu": torch.cuda.get_rng_state(self._device) if on_gpu else None,
        }
        torch.save(state, folder / STATE_FILE)

    def resume(self, folder: Path) -> None:
        """Continue as if never stopped. The order of images follows from seed and step."""
        self.model.load_state_dict(safetensors.torch.load_file(folder / MODEL_FILE))
        state = torch.load(folder / STATE_FILE, map_location="cpu", weights_only=True)
        self.step = state["step"]
        restore_optimizer(self._optimizer, state["optimizer"])
        self._schedule.load_state_dict(state["schedule"])
        self._hook.restore(state["hook"])
        torch.set_rng_state(state["random"])
        if self._device.type == "cuda" and state["random_gpu"] is not None:
            torch.cuda.set_rng_state(state["random_gpu"], self._device)


def shuffled_batches(
    digits: Digits, batch_size: int, *, seed: int, first_step: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """Images and labels of each step from `first_step` on, without end.

    Every epoch has its own order; the images left over from its last whole batch are not used.
    """
    count = len(digits.labels)
    batches_per_epoch = count // batch_size
    first_epoch, passed = divmod(first_step, batches_per_epoch)
    for epoch in itertools.count(first_epoch):
        generator = torch.Generator().manual_seed(seed + epoch * EPOCH_SEED_STRIDE)
        order = torch.randperm(count, generator=generator).to(digits.labels.device)
        for batch in torch.split(order, batch_size)[passed:batches_per_epoch]:
            yield digits.images[batch], digits.labels[batch]
        passed = 0


def build_augmentation(params: CnnParams) -> Callable[[Tensor], Tensor]:
    """Random shifts and rotations of images (batch, 1, 28, 28); the same images if there are none.

    On a GPU each draw waits for the device: torchvision makes its matrix on the CPU and copies it.
    """
    if not (params.max_shift_pixels or params.max_rotation_degrees):
        return lambda images: images
    from torchvision.transforms import v2  # here, as the import takes 1 to 2.5 s

    shift = params.max_shift_pixels / IMAGE_SIZE  # torchvision wants a fraction of the image
    bilinear = v2.InterpolationMode.BILINEAR
    transform = v2.RandomAffine(params.max_rotation_degrees, (shift, shift), interpolation=bilinear)
    return lambda images: torch.cat([transform(s) for s in torch.split(images, IMAGES_PER_DRAW)])
