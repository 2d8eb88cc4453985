"""Trials that share a GPU on Ray: it packs, halves and goes on, and no running attempt pays for it.

Ray is told of two GPUs that are not there, and the trainable brings a `torch` that tells what it is
told to: whether real memory is measured rightly needs a real GPU.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import ray

from hpsearch.common.decision import Decision
from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.engine import Ended, Event, Pool, Reported, Task
from hpsearch.experiment import Resources
from hpsearch.workers.ray.pool import RayPool
from hpsearch.workers.setup import WorkerSetup
from tests.contract.pools import wait_for_slots
from tests.support import make_experiment, search_on_ray

TRAINABLE = """\
import os
import sys
import time
import types
from pathlib import Path

RESERVED = 30 * 10**9

cuda = types.ModuleType("torch.cuda")
cuda.is_initialized = lambda: True
cuda.mem_get_info = lambda: (80 * 10**9 - RESERVED, 80 * 10**9)
cuda.memory_reserved = cuda.max_memory_reserved = lambda: RESERVED
cuda.empty_cache = cuda.reset_peak_memory_stats = lambda: None
sys.modules["torch"] = types.ModuleType("torch")
sys.modules["torch"].cuda = cuda


class OutOfMemoryError(RuntimeError): ...


def train(params, trial):
    gpu = float(os.environ["CUDA_VISIBLE_DEVICES"])
    trial.report(1, {"value": 1.0, "gpu": gpu, "process": os.getpid()})


def runs_out(params, trial):
    \"\"\"Trials 2 to 4 run at once; 4 runs out of memory, and the others go on.\"\"\"
    marks = Path(params["marks"])
    (mark := marks / f"{trial.number}").touch()
    others = [one.name for one in marks.iterdir() if one.name.isdigit() and one != mark]
    trial.report(1, {"value": 1.0, "others": len(others)})
    if trial.number >= 2 and not (marks / "over").exists():
        if trial.number == 4:
            wait_for(lambda: (marks / "2").exists() and (marks / "3").exists())
            mark.unlink()
            (marks / "over").touch()
            raise OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")
        wait_for((marks / "over").exists)
        time.sleep(0.5)
    trial.report(2, {"value": 2.0, "others": len(others)})
    mark.unlink()


def wait_for(condition):
    until = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)
"""


@pytest.fixture(scope="module", autouse=True)
def running_ray() -> Iterator[None]:
    """Start Ray once, with two GPUs that are numbers alone."""
    ray.init("local", include_dashboard=False, log_to_driver=False, num_cpus=4, num_gpus=2)
    yield
    ray.shutdown()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "packs.py").write_text(TRAINABLE)
    (tmp_path / "marks").mkdir()
    return tmp_path


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def reports(pool: Pool, *numbers: int) -> dict[int, Reported]:
    """Begin attempts and return what each reports; they stand still then."""
    for number in numbers:
        pool.start(Task(number, 1, 5, {}))
    found: dict[int, Reported] = {}
    wait_until(lambda: collect(pool, found) >= {*numbers})
    return found


def collect(pool: Pool, found: dict[int, Reported]) -> set[int]:
    found.update({one.number: one for one in pool.wait(0.1) if isinstance(one, Reported)})
    return {*found}


def end(pool: Pool, number: int) -> Event:
    """Let an attempt go on to its end."""
    pool.answer(number, Decision())
    events: list[Event] = []
    while not events:
        events.extend(pool.wait(0.1))
    (event,) = events
    return event


def metric(report: Reported, name: str) -> float:
    return report.measurements[-1].metrics[name]


def test_it_packs_after_the_first_trials_within_the_budget_and_lets_running_ones_run(
    folder: Path,
) -> None:
    heard: list[str] = []
    resources = Resources(gpus_per_trial="auto")
    pool = RayPool(WorkerSetup("packs.py:train", folder), resources, most=3, notify=heard.append)
    try:
        wait_for_slots(pool, 2)
        assert pool.slots == 2
        first = reports(pool, 0, 1)
        assert {metric(report, "gpu") for report in first.values()} == {0.0, 1.0}
        end(pool, 0)
        running = reports(pool, 2)[2]
        assert not heard
        end(pool, 1)
        assert heard == ["2 trials per GPU from now on: the first took up to 30.0 of 80.0 GB"]
        wait_for_slots(pool, 3)  # the running one, and two on the other GPU
        packed = reports(pool, 3, 4)
        assert pool.slots == 3
        assert {metric(report, "gpu") for report in packed.values()} == {metric(first[1], "gpu")}
        assert len({report.place.process for report in (running, *packed.values())}) == 3
        last = end(pool, 2)
        assert isinstance(last, Ended) and last.how == "returned"
        assert last.place == running.place == first[0].place
    finally:
        pool.close()


def test_an_out_of_memory_halves_the_packing_and_the_search_goes_on(folder: Path) -> None:
    heard: list[str] = []
    records = search(folder, heard)
    assert [record.state for record in records] == [TrialState.COMPLETE] * 8
    assert [record.attempt for record in records] == [1, 1, 1, 1, 2, 1, 1, 1]
    assert heard == [
        "2 trials per GPU from now on: the first took up to 30.0 of 80.0 GB",
        "1 trial per GPU from now on: a trial ran out of GPU memory",
        "trial 4 is tried again: packs.OutOfMemoryError: CUDA out of memory. "
        "Tried to allocate 20.00 MiB",
    ]
    assert records[4].measurements[-1].metrics["others"] == 0
    assert all(record.measurements[-1].metrics["others"] <= 1 for record in records[6:])


def search(folder: Path, heard: list[str]) -> list[TrialRecord]:
    experiment = make_experiment(
        trainable="packs.py:runs_out",
        params={"marks": str(folder / "marks")},
        budget={"trials": 8},
        pruner={"type": "none"},
        resources={"gpus_per_trial": "auto"},
    )
    return search_on_ray(experiment, folder, heard.append)
