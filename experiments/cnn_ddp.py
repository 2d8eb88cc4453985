"""The network of cnn.py, trained by several workers at once: torch's DistributedDataParallel.

hpsearch starts the workers (`resources.workers_per_trial`) and sets the variables by which
`init_process_group` finds them. Each takes its share of every batch: `batch_size` is that of all.
A process group that a trial leaves open is closed by hpsearch, also after a stop.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING

import safetensors.torch
import torch
from cnn import CnnParams, build_model, describe_data, evaluate, example_input, for_serving
from cnn_evaluation import measure
from cnn_step import build_optimizer, build_schedule, build_step, restore_optimizer
from cnn_training import MODEL_FILE, STATE_FILE, shuffled_batches
from mnist import Digits, load_training
from torch import distributed
from torch.nn.parallel import DistributedDataParallel

if TYPE_CHECKING:
    from hpsearch import Trial

__all__ = [
    "CnnParams",
    "build_model",
    "describe_data",
    "evaluate",
    "example_input",
    "for_serving",
    "train",
]

RANDOM_FILE = "random.pt"  # each rank has its own


def train(params: CnnParams, trial: Trial) -> None:
    """Every rank reports; the metrics of rank 0 count, so they are of all ranks."""
    torch.set_num_threads(trial.threads)
    distributed.init_process_group("nccl" if trial.device == "cuda" else "gloo")
    digits, validation = load_training(trial.device)
    part = Digits(*(tensor[trial.rank :: trial.world_size] for tensor in validation))
    training = Training(params, trial)
    while training.step < params.steps:
        loss = training.advance(digits)
        quality = measure(training.model, part)
        metrics = {"train_loss": loss, **{f"val_{name}": one for name, one in quality.items()}}
        trial.report(training.step, training.mean(metrics), checkpoint=training.save)


class Training:
    """Model, optimizer, schedule and step; weights and optimizer are the same on every rank."""

    def __init__(self, params: CnnParams, trial: Trial) -> None:
        self._params, self._trial = params, trial
        self._device = torch.device(trial.device)
        torch.manual_seed(trial.seed)  # the weights of all ranks
        model = build_model(params).to(self._device).to(memory_format=torch.channels_last)
        self.model, self.step = model, 0
        self._optimizer = build_optimizer(model, params)
        self._schedule = build_schedule(self._optimizer, params)
        torch.manual_seed(trial.seed + trial.rank)  # dropout differs from rank to rank
        if trial.checkpoint is not None:
            self._resume(trial.checkpoint)
        self._train_on = build_step(
            DistributedDataParallel(model), self._optimizer, label_smoothing=params.label_smoothing
        )

    def advance(self, digits: Digits) -> float:
        """Train to the next report; the mean loss since the last one, of this rank's images."""
        first, every = self.step, self._params.report_every_steps
        stop = min((first // every + 1) * every, self._params.steps)
        size, seed = self._params.batch_size, self._trial.seed
        batches = shuffled_batches(digits, size, seed=seed, first_step=first)
        total = torch.zeros((), device=self._device)
        self.model.train()
        for batch in itertools.islice(batches, stop - first):
            images, labels = (one[self._trial.rank :: self._trial.world_size] for one in batch)
            total += self._train_on(images, labels)
            self._schedule.step()
            self.step += 1
        return total.item() / (stop - first)

    def mean(self, metrics: dict[str, float]) -> dict[str, float]:
        """The mean of each metric over the ranks."""
        values = torch.tensor([*metrics.values()], device=self._device)
        distributed.all_reduce(values)
        return dict(zip(metrics, (values / self._trial.world_size).tolist(), strict=True))

    def save(self, folder: Path) -> None:
        """Write this rank's part: its random numbers; what all share, rank 0 alone."""
        torch.save(torch.get_rng_state(), folder / RANDOM_FILE)
        if self._trial.rank == 0:
            weights = {name: one.contiguous() for name, one in self.model.state_dict().items()}
            safetensors.torch.save_file(weights, folder / MODEL_FILE)
            state = {
                "step": self.step,
                "optimizer": self._optimizer.state_dict(),
                "schedule": self._schedule.state_dict(),
            }
            torch.save(state, folder / STATE_FILE)

    def _resume(self, folder: Path) -> None:
        own = folder / f"rank-{self._trial.rank}" if self._trial.rank else folder
        self.model.load_state_dict(safetensors.torch.load_file(folder / MODEL_FILE))
        state = torch.load(folder / STATE_FILE, map_location="cpu", weights_only=True)
        self.step = state["step"]
        restore_optimizer(self._optimizer, state["optimizer"])
        self._schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(torch.load(own / RANDOM_FILE, weights_only=True))
