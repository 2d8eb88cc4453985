"""Ray tasks of a trial that find no room are said, with the fix; one that trains long is not."""

import time
from collections.abc import Iterator

import pytest
from ray import PlacementGroupID
from ray.util.placement_group import (
    PlacementGroup,
    placement_group_table,
    remove_placement_group,
)

from hpsearch.common.decision import Decision
from hpsearch.engine import Ended, Pool
from hpsearch.workers.ray import attempts, deadlock
from tests.contract.pools import Opener, begin, task

TRAINABLE = """\
import threading
import time

import ray
from ray.util.placement_group import placement_group


@ray.remote
def double(x):
    return 2 * x


@ray.remote(num_cpus=1)
class Counter:
    def value(self):
        return 3


def waits_for_a_task(params, trial):
    ray.get(double.remote(1))


def waits_for_an_actor(params, trial):
    ray.get(Counter.remote().value.remote())


def waits_for_a_placement_group(params, trial):
    placement_group([{"CPU": 1}]).wait(600)


def waits_in_a_thread(params, trial):
    thread = threading.Thread(target=lambda: ray.wait([double.remote(1)]))
    thread.start()
    thread.join()


def trains_long(params, trial):
    time.sleep(2.5)
    trial.report(1, {"value": 1.0})


def takes_none(params, trial):
    time.sleep(2.5)
    value = float(ray.get(double.options(num_cpus=0).remote(1)))
    trial.report(1, {"value": value})


def queues_on_what_is_free(params, trial):
    @ray.remote
    def long():
        time.sleep(0.4)

    ray.get([long.remote() for _ in range(8)])
    trial.report(1, {"value": 1.0})
"""


@pytest.fixture
def opener(open_ray: Opener, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opener]:
    (open_ray.folder / "samples.py").write_text(TRAINABLE)
    monkeypatch.setattr(deadlock, "LOOK_SECONDS", 0.5)
    monkeypatch.setattr(attempts, "LOOK_SECONDS", 0.5)
    yield open_ray
    open_ray.close()
    for number in placement_group_table():  # they live as long as the job, which is all tests
        remove_placement_group(PlacementGroup(PlacementGroupID(bytes.fromhex(number))))


def run(pool: Pool, seconds: float, opener: Opener) -> bool:
    """Run an attempt until it ends or something is said; return whether it ended."""
    pool.load()
    begin(pool, task())
    opener.notices.clear()  # on a busy machine, that workers take long to start
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not opener.notices:
        for event in pool.wait(0.2):
            if isinstance(event, Ended):
                assert event.how == "returned", event
                return True
            pool.answer(0, Decision())
    return False


@pytest.mark.parametrize(
    "function",
    [
        "waits_for_a_task",
        "waits_for_an_actor",
        "waits_for_a_placement_group",
        "waits_in_a_thread",
    ],
)
def test_what_waits_for_the_cpus_of_the_slots_is_said_with_the_fix(
    opener: Opener, function: str
) -> None:
    assert not run(opener(function, parallel_trials=2), 60, opener)
    (notice,) = opener.notices
    assert "1 CPU" in notice and "hold 2 CPUs" in notice
    assert "resources.parallel_trials" in notice and "num_cpus=0" in notice


@pytest.mark.parametrize("function", ["trains_long", "takes_none"])
def test_a_trial_that_lacks_nothing_is_not_accused(opener: Opener, function: str) -> None:
    assert run(opener(function, parallel_trials=2), 60, opener)
    assert not opener.notices


def test_tasks_that_queue_on_a_free_cpu_are_not_accused(opener: Opener) -> None:
    assert run(opener("queues_on_what_is_free", parallel_trials=1), 60, opener)
    assert not opener.notices
