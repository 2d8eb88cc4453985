"""Ways to train the CNN of experiments/cnn.py without hpsearch, for `step.py` and `gpu.py`.

`tutorial` is the usual DataLoader loop; `hand` is the tightest that we can write: all images on the
device as floats, channels_last, a fused optimizer, and nothing else in the loop; `graph` is the
same with the whole step captured as one CUDA graph.
"""

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice

import cnn
import torch
from cnn import CnnParams
from cnn_evaluation import autocast
from cnn_training import build_optimizer
from mnist import load_training
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Optimizer

from tests.benchmarks.marks import mark
from tests.benchmarks.peers import tutorial

WARM_UP_STEPS = 5
"""Steps before the capture, so that cuDNN has chosen and all memory is there."""


def by_tutorial(params: CnnParams, device: torch.device) -> Iterator[Tensor]:
    """Give the loss of step after step."""
    config = asdict(params)
    training, _ = tutorial.loaders(params.batch_size)
    model = tutorial.build_model(config).to(device)
    return tutorial.losses(model, training, config, device)


def by_hand(params: CnnParams, device: torch.device) -> Iterator[Tensor]:
    """Give the loss of step after step."""
    model, optimizer = _built(params, device)
    for images, labels in _batches(params, device):
        yield _step(model, optimizer, images, labels)


def by_graph(params: CnnParams, device: torch.device) -> Iterator[Tensor]:
    """Give the loss of step after step: always the same tensor, overwritten by each."""
    model, optimizer = _built(params, device)
    batches = _batches(params, device)
    images, labels = (tensor.clone() for tensor in next(batches))
    aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        for _ in range(WARM_UP_STEPS):
            _step(model, optimizer, images, labels)
    torch.cuda.current_stream().wait_stream(aside)
    optimizer.zero_grad()  # so that the gradients are of the graph's own memory
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        loss = _step(model, optimizer, images, labels)
    for new_images, new_labels in batches:
        images.copy_(new_images)
        labels.copy_(new_labels)
        graph.replay()
        yield loss


def _built(params: CnnParams, device: torch.device) -> tuple[nn.Module, Optimizer]:
    model = cnn.build_model(params).to(device).to(memory_format=torch.channels_last).train()
    return model, build_optimizer(model, params)


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
