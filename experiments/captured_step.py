"""A training step as one CUDA graph: recorded once, then replayed.

Imports nothing of hpsearch or of the experiment. For steps of fixed shapes that read nothing back
from the device and keep what changes, also the learning rate, in tensors at fixed addresses.

The first steps run eagerly, since Adam creates its state and cuDNN chooses its kernels in them;
they train like all others. Then the whole step is recorded, and each batch is copied into the
recorded inputs. A replay draws dropout's numbers from torch's generator as the eager step would,
and advances it as far: `torch.cuda.get_rng_state` is right after any step.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor

Step = Callable[[Tensor, Tensor], Tensor]
"""Trains on images (batch, …) and labels (batch,) and gives their loss, a scalar on the device."""
Run = Callable[[], Tensor]

EAGER_STEPS = 3  # before the recording, as many as torch.cuda.make_graphed_callables takes


class Recorder(Protocol):
    """What runs and records steps: CUDA, or a test's stand-in."""

    def run(self, step: Run) -> Tensor:
        """Run `step` where it can be recorded later."""

    def record(self, step: Run) -> Run:
        """What replays `step`, of which nothing is computed here; may raise RuntimeError."""


def for_device(step: Step, device: torch.device) -> Step:
    """`step` recorded and replayed on a GPU, and itself on a CPU."""
    return CapturedStep(step, CudaRecorder()) if device.type == "cuda" else step


class CapturedStep:
    """A `Step` that runs through a recorder. The next call overwrites the loss."""

    def __init__(self, step: Step, recorder: Recorder) -> None:
        self._step = step
        self._recorder = recorder
        self._calls = 0
        self._replay: Replay | None = None

    def __call__(self, images: Tensor, labels: Tensor) -> Tensor:
        """Train on one batch, which has the shape of the first."""
        self._calls += 1
        if self._calls <= EAGER_STEPS:
            return self._recorder.run(lambda: self._step(images, labels))
        if self._calls == EAGER_STEPS + 1:
            self._replay = self._record(images, labels)
        return (self._replay or self._step)(images, labels)

    def _record(self, images: Tensor, labels: Tensor) -> Replay | None:
        """None if the device or its driver cannot record: the trial then continues eagerly.

        If the device is unusable, the next eager step raises the error again.
        """
        inputs = images.clone(), labels.clone()
        try:
            return Replay(*inputs, self._recorder.record(lambda: self._step(*inputs)))
        except RuntimeError as error:
            # An error inside a recording ends it with a second error, which says less.
            reason = " ".join(str(error.__context__ or error).split())
            warnings.warn(f"training continues without a CUDA graph: {reason}", stacklevel=3)
            return None


class Replay:
    """A recorded step, with the tensors that it reads."""

    def __init__(self, images: Tensor, labels: Tensor, run: Run) -> None:
        self._images, self._labels, self._run = images, labels, run

    def __call__(self, images: Tensor, labels: Tensor) -> Tensor:
        """Train on one batch."""
        self._images.copy_(images)
        self._labels.copy_(labels)
        return self._run()


class CudaRecorder:
    """Runs and records on its own stream: the default one cannot be recorded."""

    def __init__(self) -> None:
        self._stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]

    def run(self, step: Run) -> Tensor:
        """Run `step` in order with what the current stream did before and does after."""
        current = torch.cuda.current_stream()
        self._stream.wait_stream(current)
        with torch.cuda.stream(self._stream):
            loss = step()
        current.wait_stream(self._stream)
        return loss

    def record(self, step: Run) -> Run:
        """Record `step`; its gradients and its loss are in the graph's own memory."""
        graph = torch.cuda.CUDAGraph()
        # Entered here too, as torch.cuda.graph leaves its stream current if it fails (2.14).
        with torch.cuda.stream(self._stream), torch.cuda.graph(graph, stream=self._stream):
            loss = step()

        def replay() -> Tensor:
            graph.replay()
            return loss

        return replay
