"""Ways to train the CNN of experiments/cnn.py without hpsearch, for `step.py` and `gpu.py`.

`tutorial` is the usual DataLoader loop; `hand` is the tightest that we can write: all images on the
device as floats, channels_last, a fused optimizer, and nothing else in the loop; `graph` is the
same with the whole step captured as one CUDA graph. It is captured by experiments/captured_step.py,
as hpsearch's own trial is: the two differ by what a trial does besides, and whether another way of
capturing would be faster they do not show.
"""

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from itertools import islice

import cnn
import torch
from captured_step import CapturedStep, CudaRecorder, Step
from cnn import CnnParams
from cnn_evaluation import autocast
from cnn_step import build_optimizer
from mnist import load_training
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Optimizer

from tests.benchmarks.marks import mark
from tests.benchmarks.peers import tutorial


def by_tutorial(params: CnnParams, device: torch.device) -> Iterator[Tensor]:
    """Give the loss of step after step."""
    config = asdict(params)
    training, _ = tutorial.loaders(params.batch_size)
    model = tutorial.build_model(config).to(device)
    return tutorial.losses(model, training, config, device)


def by_hand(params: CnnParams, device: torch.device) -> Iterator[Tensor]:
    """Give the loss of step after step."""
    step = _built(params, device)
    return (step(*batch) for batch in _batches(params, device))


def by_graph(params: CnnParams, device: torch.device) -> Iterator[Tensor]:
    """Give the loss of step after step: soon always the same tensor, overwritten by each."""
    step = CapturedStep(_built(params, device), CudaRecorder())
    return (step(*batch) for batch in _batches(params, device))


def _built(params: CnnParams, device: torch.device) -> Step:
    model = cnn.build_model(params).to(device).to(memory_format=torch.channels_last).train()
    return partial(_step, model, build_optimizer(model, params))


def _batches(params: CnnParams, device: torch.device) -> Iterator[tuple[Tensor, Tensor]]:
    """Whole batches without end, each epoch in an order of its own."""
    digits, _ = load_training(str(device))
    count, size = len(digits.labels), params.batch_size
    while True:
        order = torch.randperm(count, device=device)[: count // size * size]
        for batch in torch.split(order, size):
            yield digits.images[batch], digits.labels[batch]


def _step(model: nn.Module, optimizer: Optimizer, images: Tensor, labels: Tensor) -> Tensor:
    with autocast(images.device):
        loss = functional.cross_entropy(model(images), labels)
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return loss.detach()


LOOPS = {"tutorial": by_tutorial, "hand": by_hand, "graph": by_graph}


def train(loop: str, steps: int, every: int, device: torch.device) -> None:
    """Train, noting the speed as often as hpsearch's trial reports."""
    torch.set_num_threads(1)
    losses = LOOPS[loop](CnnParams(), device)
    for _ in range(steps // every):
        begun = time.perf_counter()
        for loss in islice(losses, every):
            last = loss
        last.item()  # waits for the device
        mark(f"speed:{os.getpid()}", every / (time.perf_counter() - begun))


def main() -> None:
    """Train in so many processes at once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("loop", choices=LOOPS)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--every", type=int, required=True, help="steps between two marks")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--device", type=torch.device, default=torch.device("cpu"))
    given = parser.parse_args()
    arguments = (given.loop, given.steps, given.every, given.device)
    if given.processes == 1:
        train(*arguments)
        return
    fresh = multiprocessing.get_context("spawn")
    processes = [fresh.Process(target=train, args=arguments) for _ in range(given.processes)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    sys.exit(max(abs(process.exitcode or 0) for process in processes))


if __name__ == "__main__":
    main()
