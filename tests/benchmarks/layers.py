"""How near each layer of the CNN comes to the machine's own matrix product, on one thread.

Each layer is timed alone, forward and backward, on a batch as it comes to it in the network. The
limit of a layer is the smaller of two measured rates: that of a large matrix product, and its
arithmetic per byte times the rate at which memory is copied ("roofline": S. Williams et al., CACM
2009). Bytes are those of its input, output and weights, each read or written once forward and twice
backward. Prints JSON.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import cnn
import torch
from cnn import CnnParams
from cnn_step import build_optimizer
from torch import Tensor, nn
from torch.nn import functional

PASSES = 3
"""Forward is one pass over inputs, weights and outputs; backward, with both gradients, two."""


@dataclass(frozen=True)
class Layer:
    """A layer's cost for one step: seconds, floating-point operations, bytes moved."""

    name: str
    seconds: float
    operations: float
    bytes: float


def timed(work: Callable[[], object], repeats: int) -> float:
    """Return the fewest seconds of a call, after one that warms up: others only slow it down."""
    work()
    found = []
    for _ in range(repeats):
        begun = time.perf_counter()
        work()
        found.append(time.perf_counter() - begun)
    return min(found)


def product_rate(repeats: int) -> float:
    """Return operations a second of the best of some square float32 products."""
    rates = []
    for side in (512, 1024, 2048):
        left, right = torch.randn(side, side), torch.randn(side, side)
        seconds = timed(lambda left=left, right=right: left @ right, repeats)  # type: ignore[misc]
        rates.append(2 * side**3 / seconds)
    return max(rates)


def copy_rate(repeats: int) -> float:
    """Return bytes a second, read and written, of a copy too large for any cache."""
    source = torch.randn(64 * 2**20)
    target = torch.empty_like(source)
    return 2 * source.nbytes / timed(lambda: target.copy_(source), repeats)


def time_layers(params: CnnParams, repeats: int) -> list[Layer]:
    """Return every layer of the network, then loss and optimizer."""
    model = cnn.build_model(params).to(memory_format=torch.channels_last).train()
    values = torch.rand(params.batch_size, 1, 28, 28).to(memory_format=torch.channels_last)
    found = []
    for name, layer in model.named_children():
        found.append(_time_layer(name, layer, values, repeats))
        values = layer(values).detach()
    return [*found, _time_loss(values, repeats), _time_optimizer(model, params, repeats)]


def time_step(params: CnnParams, repeats: int) -> float:
    """Return the seconds of a whole step without an optimizer's."""
    model = cnn.build_model(params).to(memory_format=torch.channels_last).train()
    images, labels = torch.rand(params.batch_size, 1, 28, 28), _labels(params.batch_size)

    def step() -> None:
        functional.cross_entropy(model(images), labels).backward()  # type: ignore[no-untyped-call]

    return timed(step, repeats)


def _time_layer(name: str, layer: nn.Module, values: Tensor, repeats: int) -> Layer:
    inputs = values.clone(memory_format=torch.preserve_format).requires_grad_(name != "conv_1")
    outputs = layer(inputs)
    gradient = torch.ones_like(outputs)
    wanted = [*([inputs] if inputs.requires_grad else []), *layer.parameters()]

    def step() -> None:
        torch.autograd.grad(layer(inputs), wanted, gradient)

    weights = sum(one.numel() for one in layer.parameters() if one.ndim > 1)
    products = outputs[0].numel() * weights / outputs.shape[1] * len(outputs)
    passes = PASSES if inputs.requires_grad else PASSES - 1  # images have no gradient
    moved = inputs.nbytes + outputs.nbytes + sum(one.nbytes for one in layer.parameters())
    return Layer(name, timed(step, repeats), 2 * products * passes, moved * passes)


def _time_loss(logits: Tensor, repeats: int) -> Layer:
    inputs, labels = logits.clone().requires_grad_(), _labels(len(logits))

    def step() -> None:
        torch.autograd.grad(functional.cross_entropy(inputs, labels), inputs)

    return Layer("loss", timed(step, repeats), 0, inputs.nbytes * PASSES)


def _time_optimizer(model: nn.Module, params: CnnParams, repeats: int) -> Layer:
    optimizer = build_optimizer(model, params)
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    moved = 3 * sum(one.nbytes for one in model.parameters())  # weights twice, gradients once
    return Layer("optimizer", timed(optimizer.step, repeats), 0, moved)


def _labels(count: int) -> Tensor:
    return torch.arange(count) % 10


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=20)
    repeats = parser.parse_args().repeats
    torch.set_num_threads(1)
    params = CnnParams()
    found = {
        "product_rate": product_rate(repeats),
        "copy_rate": copy_rate(repeats),
        "step_seconds": time_step(params, repeats),
        "layers": [asdict(layer) for layer in time_layers(params, repeats)],
    }
    print(json.dumps(found))  # noqa: T201


if __name__ == "__main__":
    main()
