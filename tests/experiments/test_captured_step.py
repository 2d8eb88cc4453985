"""A step captured as a CUDA graph trains as the eager one.

Without a GPU a stand-in records: it calls again on each replay what it was given, on the same
tensors. What only CUDA can show is at the end, for a machine that has it.
"""

import dataclasses
import gc
import itertools
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cnn_training
import pytest
import torch
from captured_step import EAGER_STEPS, CapturedStep, CudaRecorder, Run, for_device
from cnn import CnnParams, build_model, example_input
from cnn_step import build_optimizer, build_schedule, restore_optimizer
from cnn_training import Training, shuffled_batches
from mnist import Digits
from torch import Tensor, nn
from torch.optim import SGD, Adam, Optimizer
from torch.profiler import profile

from tests.experiments.stub_trial import StubTrial

STEPS = 11
TINY = CnnParams(
    filters_1=2,
    filters_2=4,
    dense_units=16,
    batch_size=20,
    learning_rate=0.01,
    steps=STEPS,
    report_every_steps=4,  # so that a report adds up the losses of eager and of replayed steps
)
OPTIMIZERS: list[dict[str, Any]] = [
    {"optimizer": "sgd", "momentum": 0.9, "weight_decay": 1e-4},
    {"optimizer": "adam"},
    {"optimizer": "adamw", "weight_decay": 0.01, "label_smoothing": 0.1},
]
AUGMENTATIONS: list[dict[str, Any]] = [{}, {"max_shift_pixels": 2, "max_rotation_degrees": 10.0}]
EVERY_KIND = [
    dataclasses.replace(TINY, schedule=schedule, **optimizer, **augmentation)
    for optimizer in OPTIMIZERS
    for schedule in ("constant", "one_cycle")
    for augmentation in AUGMENTATIONS
]


def name_of(params: CnnParams) -> str:
    augmented = " augmented" if params.max_shift_pixels else ""
    return f"{params.optimizer} {params.schedule}{augmented}"


class StandIn:
    """A recorder whose replay calls the step again; with a fault, it can record nothing."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.run_steps = 0
        self.replayed_steps = 0
        self.loss = torch.zeros(())

    def run(self, step: Run) -> Tensor:
        self.run_steps += 1
        return step()

    def record(self, step: Run) -> Run:
        if self.fault:
            raise RuntimeError(self.fault)

        def replay() -> Tensor:
            self.replayed_steps += 1
            return self.loss.copy_(step())

        return replay


@pytest.fixture
def capture(monkeypatch: pytest.MonkeyPatch) -> Callable[[StandIn], StandIn]:
    """Has every training from here on captured by the stand-in."""

    def use(recorder: StandIn) -> StandIn:
        monkeypatch.setattr(
            cnn_training, "for_device", lambda step, _: CapturedStep(step, recorder)
        )
        return recorder

    return use


@dataclasses.dataclass
class Trained:
    training: Training
    losses: list[float]

    def assert_equals(self, other: "Trained") -> None:
        assert self.losses == other.losses
        weights, others = self.training.model.state_dict(), other.training.model.state_dict()
        assert all(torch.equal(weights[name], others[name]) for name in weights)


def digits_on(device: str) -> Digits:
    """Four batches of noise."""
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(80, 1, 28, 28, generator=generator)
    labels = torch.randint(10, (80,), generator=generator)
    return Digits(images.to(device), labels.to(device))


def begin(params: CnnParams, folder: Path, device: str = "cpu") -> Training:
    torch.set_num_threads(1)
    torch.manual_seed(7)
    trial = StubTrial(folder, device=device)
    return Training(build_model(params), params, trial, example=example_input()[:1].to(device))


def train(training: Training, params: CnnParams, device: str = "cpu") -> Trained:
    losses = []
    while training.step < params.steps:
        losses.append(training.advance(digits_on(device))["train_loss"])
    return Trained(training, losses)


def gpu_like(optimizer: Optimizer) -> Optimizer:
    """With the learning rate in a tensor, as `build_optimizer` has it on a GPU."""
    for group in optimizer.param_groups:
        group["lr"] = torch.tensor(group["lr"])
    return optimizer


# What it trains


@pytest.mark.parametrize("params", EVERY_KIND, ids=name_of)
def test_a_captured_training_is_the_eager_one_bit_for_bit(
    params: CnnParams, tmp_path: Path, capture: Callable[[StandIn], StandIn]
) -> None:
    eager = train(begin(params, tmp_path / "eager"), params)
    recorder = capture(StandIn())
    captured = train(begin(params, tmp_path / "captured"), params)
    captured.assert_equals(eager)
    assert (recorder.run_steps, recorder.replayed_steps) == (EAGER_STEPS, STEPS - EAGER_STEPS)


@pytest.mark.parametrize("params", EVERY_KIND[::3], ids=name_of)
@pytest.mark.parametrize("kind", ["numbers", "tensors"])
def test_a_captured_training_that_was_resumed_equals_an_unbroken_one(
    params: CnnParams,
    kind: str,
    tmp_path: Path,
    capture: Callable[[StandIn], StandIn],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if kind == "tensors":
        monkeypatch.setattr(
            cnn_training, "build_optimizer", lambda *given: gpu_like(build_optimizer(*given))
        )
    capture(StandIn())
    unbroken = begin(params, tmp_path / "unbroken")
    unbroken.advance(digits_on("cpu"))
    unbroken.save(tmp_path)
    recorder = capture(StandIn())
    resumed = begin(params, tmp_path / "resumed")
    resumed.resume(tmp_path)
    other = train(resumed, params)
    torch.set_rng_state(torch.load(tmp_path / "state.pt", weights_only=True)["random"])
    other.assert_equals(train(unbroken, params))
    assert (recorder.run_steps, recorder.replayed_steps) == (EAGER_STEPS, STEPS - 4 - EAGER_STEPS)


def test_every_replay_reads_the_same_tensors_and_gives_the_same_one() -> None:
    seen = []

    def step(images: Tensor, labels: Tensor) -> Tensor:
        seen.append((images.data_ptr(), labels.data_ptr()))
        return (images * labels).sum()

    batches = [(torch.full((3,), float(n)), torch.arange(3)) for n in range(8)]
    captured = CapturedStep(step, StandIn())
    losses = []
    for images, labels in batches:
        loss = captured(images, labels)
        losses.append((loss.item(), loss.data_ptr()))
    assert [value for value, _ in losses] == [3.0 * n for n in range(8)]
    assert len(set(seen[EAGER_STEPS:])) == len({place for _, place in losses[EAGER_STEPS:]}) == 1
    assert all(images.eq(n).all() for n, (images, _) in enumerate(batches))


def test_on_a_cpu_the_step_is_itself() -> None:
    def step(images: Tensor, labels: Tensor) -> Tensor:
        return images.sum() + labels.sum()

    assert for_device(step, torch.device("cpu")) is step


def test_a_finished_training_gives_its_memory_back_at_once(tmp_path: Path) -> None:
    """A warm worker's next trial finds it free, whenever Python collects its cycles."""

    class Graph(StandIn):
        def record(self, step: Run) -> Run:
            loss = step()  # as CUDA: the graph has what it needs, and keeps no function
            return lambda: loss

    begin(TINY, tmp_path / "first")  # torch imports more then, which leaves cycles of its own
    gc.disable()
    try:
        training = begin(TINY, tmp_path / "trial")
        training._train_on = CapturedStep(training._train_on, Graph())
        train(training, TINY)
        model = weakref.ref(training.model)
        del training
        assert model() is None
    finally:
        gc.enable()


# Where it cannot be captured


def test_a_failed_capture_is_told_once_and_training_goes_on_eagerly(
    tmp_path: Path, capture: Callable[[StandIn], StandIn]
) -> None:
    eager = train(begin(TINY, tmp_path / "eager"), TINY)
    capture(StandIn(fault="CUDA error: operation\nnot permitted"))
    with pytest.warns(UserWarning) as told:
        failed = train(begin(TINY, tmp_path / "failed"), TINY)
    failed.assert_equals(eager)
    assert [str(one.message) for one in told] == [
        "training continues without a CUDA graph: CUDA error: operation not permitted"
    ]


def test_the_first_error_of_a_failed_capture_is_told() -> None:
    class Failing(StandIn):
        def record(self, step: Run) -> Run:
            try:
                raise RuntimeError("an operator that cannot be captured")
            finally:
                raise RuntimeError("capture ended by an earlier error")

    captured = CapturedStep(lambda images, labels: images.sum(), Failing())
    with pytest.warns(UserWarning, match="graph: an operator that cannot be captured$"):
        for _ in range(EAGER_STEPS + 2):
            captured(torch.ones(2), torch.ones(2))


def test_an_error_that_is_the_devices_for_good_still_ends_the_trial() -> None:
    def step(images: Tensor, labels: Tensor) -> Tensor:
        if images.sum() > EAGER_STEPS:
            raise RuntimeError("CUDA error: device-side assert triggered")
        return images.sum()

    captured = CapturedStep(step, StandIn(fault="CUDA error: device-side assert triggered"))
    for n in range(EAGER_STEPS):
        captured(torch.tensor([float(n)]), torch.zeros(1))
    told = pytest.warns(UserWarning, match="without a CUDA graph")
    with told, pytest.raises(RuntimeError, match="device-side assert"):
        captured(torch.tensor([EAGER_STEPS + 1.0]), torch.zeros(1))


# How CUDA is asked


class FakeCuda:
    """Says what was asked of it, in order; `current` is the stream that work goes to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.default = self.current = self.Stream(self, "default")
        monkeypatch.setattr(torch.cuda, "Stream", lambda: self.Stream(self, "aside"))
        monkeypatch.setattr(torch.cuda, "current_stream", lambda: self.current)
        monkeypatch.setattr(torch.cuda, "stream", self.stream)
        monkeypatch.setattr(torch.cuda, "graph", self.graph)
        monkeypatch.setattr(torch.cuda, "CUDAGraph", lambda: self)

    @dataclasses.dataclass
    class Stream:
        cuda: "FakeCuda"
        name: str

        def wait_stream(self, other: "FakeCuda.Stream") -> None:
            self.cuda.asked.append(f"{self.name} waits for {other.name}")

    @contextmanager
    def stream(self, stream: "FakeCuda.Stream") -> Iterator[None]:
        before, self.current = self.current, stream
        try:
            yield
        finally:
            self.current = before

    @contextmanager
    def graph(self, graph: "FakeCuda", stream: "FakeCuda.Stream") -> Iterator[None]:
        """Leaves its stream current where the recording fails, as torch 2.14."""
        before, self.current = self.current, stream
        yield
        self.current = before

    def replay(self) -> None:
        self.asked.append(f"replayed on {self.current.name}")

    def step(self) -> Tensor:
        self.asked.append(f"step on {self.current.name}")
        return torch.ones(())


def test_cuda_runs_a_step_aside_between_what_came_before_and_what_comes_after(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cuda = FakeCuda(monkeypatch)
    CudaRecorder().run(cuda.step)
    assert cuda.asked == ["aside waits for default", "step on aside", "default waits for aside"]


def test_cuda_records_aside_and_replays_where_the_training_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cuda = FakeCuda(monkeypatch)
    replay = CudaRecorder().record(cuda.step)
    assert replay() is replay()
    assert cuda.asked == ["step on aside", "replayed on default", "replayed on default"]


def test_a_failed_recording_leaves_the_current_stream_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def failing() -> Tensor:
        raise RuntimeError("an operator that cannot be captured")

    cuda = FakeCuda(monkeypatch)
    with pytest.raises(RuntimeError):
        CudaRecorder().record(failing)
    assert cuda.current is cuda.default


# The learning rate, which changes while the captured step does not


@pytest.mark.parametrize(
    "params", [TINY, dataclasses.replace(TINY, schedule="one_cycle")], ids=name_of
)
def test_the_schedule_fills_the_tensor_in_place_and_reads_nothing_back(params: CnnParams) -> None:
    weight = nn.Parameter(torch.ones(2))
    weight.grad = torch.ones(2)
    plain, filled = SGD([weight], 0.01), SGD([weight], rate := torch.tensor(0.01))
    schedules = [build_schedule(optimizer, params) for optimizer in (plain, filled)]
    expected, found = [], []
    for _ in range(STEPS):
        for optimizer in (plain, filled):
            optimizer.step()
        schedules[0].step()
        with profile() as seen:
            schedules[1].step()
        assert "aten::item" not in {event.name for event in seen.events() or []}
        expected.append(plain.param_groups[0]["lr"])
        found.append(rate.item())
    assert filled.param_groups[0]["lr"] is rate
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("saved_from", ["gpu", "cpu"])
@pytest.mark.parametrize("restored_on", ["gpu", "cpu"])
def test_a_restored_learning_rate_is_of_the_new_device(saved_from: str, restored_on: str) -> None:
    def optimizer_like(device: str, rate: float) -> Adam:
        weight = nn.Parameter(torch.ones(2))
        weight.grad = torch.ones(2)
        given = torch.tensor(rate) if device == "gpu" else rate
        optimizer = Adam([weight], given, fused=True, capturable=device == "gpu")
        optimizer.step()
        return optimizer

    optimizer = optimizer_like(restored_on, 0.5)
    own = optimizer.param_groups[0]["lr"]
    restore_optimizer(optimizer, optimizer_like(saved_from, 0.25).state_dict())
    group = optimizer.param_groups[0]
    assert group["lr"] == 0.25
    assert group["capturable"] is (restored_on == "gpu")
    assert group["lr"] is own if restored_on == "gpu" else type(group["lr"]) is float


# On a GPU

on_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


@pytest.fixture
def eagerly(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Eager trainings on a GPU, until it is undone."""
    with monkeypatch.context() as patch:
        patch.setattr(cnn_training, "for_device", lambda step, _: step)
        yield patch


@on_gpu
@pytest.mark.parametrize("params", EVERY_KIND, ids=name_of)
def test_on_a_gpu_a_captured_training_is_the_eager_one(
    params: CnnParams, tmp_path: Path, eagerly: pytest.MonkeyPatch
) -> None:
    """Within 1%: sums on a GPU may be taken in another order. The numbers drawn are the same."""
    eager = train(begin(params, tmp_path / "eager", "cuda"), params, "cuda")
    drawn = torch.cuda.get_rng_state()
    eagerly.undo()
    captured = train(begin(params, tmp_path / "captured", "cuda"), params, "cuda")
    assert torch.equal(torch.cuda.get_rng_state(), drawn)
    assert captured.training._train_on._replay is not None  # type: ignore[attr-defined]
    assert captured.losses == pytest.approx(eager.losses, rel=0.01)


@on_gpu
@pytest.mark.parametrize("params", EVERY_KIND[::3], ids=name_of)
def test_on_a_gpu_a_resumed_training_is_the_unbroken_one(params: CnnParams, tmp_path: Path) -> None:
    unbroken = begin(params, tmp_path / "unbroken", "cuda")
    unbroken.advance(digits_on("cuda"))
    unbroken.save(tmp_path)
    expected = train(unbroken, params, "cuda")
    resumed = begin(params, tmp_path / "resumed", "cuda")
    resumed.resume(tmp_path)
    assert train(resumed, params, "cuda").losses == pytest.approx(expected.losses, rel=0.01)


@on_gpu
@pytest.mark.filterwarnings("ignore:Synchronization debug mode")
@pytest.mark.parametrize(
    "params", [one for one in EVERY_KIND if not one.max_shift_pixels], ids=name_of
)
def test_on_a_gpu_no_step_waits_for_the_device(params: CnnParams, tmp_path: Path) -> None:
    training = begin(params, tmp_path / "trial", "cuda")
    training.advance(digits_on("cuda"))
    batches = shuffled_batches(digits_on("cuda"), params.batch_size, seed=7, first_step=0)
    next(batches)  # brings the epoch's order to the device
    torch.cuda.set_sync_debug_mode("error")
    try:
        for images, labels in itertools.islice(batches, 3):
            training._update(images, labels)
    finally:
        torch.cuda.set_sync_debug_mode("default")
