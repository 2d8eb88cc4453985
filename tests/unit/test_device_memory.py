"""What an attempt took of its GPU: asked of torch where there is one, and never in its way."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from hpsearch.common.decision import Decision
from hpsearch.engine import DeviceMemory, Task
from hpsearch.workers import device_memory
from hpsearch.workers.setup import WorkerSetup
from hpsearch.workers.worker import Worker
from tests.support import write_trainables


class FakeCuda:
    """`torch.cuda` of a device of 1,000 bytes, of which the context and others hold 100."""

    def __init__(self) -> None:
        self.reserved = self.most = 0
        self.is_there = True

    def is_initialized(self) -> bool:
        return self.is_there

    def allocate(self, reserved: int) -> None:
        self.reserved = reserved
        self.most = max(self.most, reserved)

    def mem_get_info(self) -> tuple[int, int]:
        return 1000 - 100 - self.reserved, 1000

    def memory_reserved(self) -> int:
        return self.reserved

    def max_memory_reserved(self) -> int:
        return self.most

    def reset_peak_memory_stats(self) -> None:
        self.most = self.reserved

    def empty_cache(self) -> None:
        self.reserved = 0


class BrokenCuda(FakeCuda):
    """What is left of a device after a sticky error."""

    def mem_get_info(self) -> tuple[int, int]:
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    reset_peak_memory_stats = empty_cache = mem_get_info  # type: ignore[assignment]


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> FakeCuda:
    cuda = FakeCuda()
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    return cuda


def test_the_peak_has_the_context_in_it(cuda: FakeCuda) -> None:
    device_memory.begin()
    cuda.allocate(300)
    cuda.allocate(200)
    assert device_memory.peak() == DeviceMemory(400, 1000)


def test_an_attempts_peak_is_not_that_of_the_one_before(cuda: FakeCuda) -> None:
    cuda.allocate(800)
    device_memory.release()
    device_memory.begin()
    cuda.allocate(50)
    assert device_memory.peak() == DeviceMemory(150, 1000)


def test_a_context_is_not_made_to_ask(cuda: FakeCuda) -> None:
    cuda.is_there = False
    assert device_memory.peak() is None


def test_without_torch_nothing_is_measured_and_torch_not_imported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    device_memory.begin()
    assert device_memory.peak() is None
    device_memory.release()
    assert "torch" not in sys.modules


def test_a_broken_device_is_nobodys_second_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=BrokenCuda()))
    device_memory.begin()
    assert device_memory.peak() is None
    device_memory.release()


def test_the_end_of_an_attempt_tells_its_memory_and_what_torch_keeps_is_released(
    cuda: FakeCuda, tmp_path: Path
) -> None:
    worker = Worker(WorkerSetup("samples.py:says_nothing", write_trainables(tmp_path), "cuda", 1))
    cuda.allocate(300)
    event = worker.run(Task(0, 1, 5, {}), lambda event: Decision(), lambda event: None)
    assert event.memory == DeviceMemory(400, 1000)
    assert cuda.reserved == 0
