"""A search without a slot: what it says, and when it ends."""

from collections.abc import Callable

import pytest

from hpsearch.common.errors import SearchFailed
from hpsearch.experiment import Resources
from hpsearch.workers.capacity import Capacity, Node
from hpsearch.workers.shortage import Shortage

HEAD: Node = {"CPU": 0.0}
BUSY: Node = {"CPU": 4.0, "GPU": 1.0}


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    monkeypatch.setattr("time.monotonic", clock := Clock())
    return clock


def looking(
    *nodes: Node, gpus: float = 0, minutes: float = 2
) -> tuple[list[str], Callable[[], None]]:
    said: list[str] = []
    resources = Resources(gpus_per_trial=gpus, cpus_per_trial=2)
    capacity = Capacity.of(nodes, resources, 8)
    shortage = Shortage(2, said.append)
    free = [dict.fromkeys(node, 0.0) for node in nodes]
    return said, lambda: shortage.look(capacity, free, 0)


def test_it_says_what_is_missing_every_minute_and_ends_when_it_has_waited_for_long(
    clock: Clock,
) -> None:
    said, look = looking(HEAD, gpus=1)
    for _ in range(120):
        look()
        clock.now += 1
    assert (
        said
        == [
            "waiting up to 2 minutes for a machine with 2 CPUs and 1 GPU for a trial: "
            "the cluster has 1 machine, with 0 CPUs and 0 GPUs"
        ]
        * 2
    )
    with pytest.raises(SearchFailed, match="did not come within 2 minutes"):
        look()


def test_a_busy_cluster_is_waited_for_without_a_limit(clock: Clock) -> None:
    said, look = looking(HEAD, BUSY)
    for _ in range(10):
        look()
        clock.now += 60
    assert len(said) == 9
    assert said[0] == (
        "no worker has started yet: the cluster has 2 machines, "
        "the largest with 4 CPUs; 0 CPUs free"
    )


def test_the_time_begins_anew_after_a_slot_was_there(clock: Clock) -> None:
    shortage = Shortage(1, lambda text: None)
    nothing = Capacity.of([], Resources(), 8)
    for _ in range(5):
        shortage.look(nothing, [], 0)
        clock.now += 50
        shortage.look(nothing, [], 1)


def test_a_cluster_without_machines_is_said_to_have_none(clock: Clock) -> None:
    said, look = looking()
    look()
    clock.now += 30
    look()
    assert said[0].endswith("the cluster has no machine")
