"""Room for gangs: how many there are, when their slot is free, and how searches share."""

from pathlib import Path

import pytest

from hpsearch.cli.app import main
from hpsearch.common.errors import UserError
from hpsearch.engine import Ended
from hpsearch.experiment import Resources
from hpsearch.usecases.plan import make_plan
from hpsearch.workers.capacity import Capacity, Node
from hpsearch.workers.packing import Packing
from hpsearch.workers.shares import GIVE_SECONDS, Demand, FairShare, Held
from hpsearch.workers.shortage import needs
from hpsearch.workers.slots import Slots
from tests.support import make_experiment
from tests.unit.test_slots import FakeFactory

CPU: Node = {"CPU": 1.0}
MACHINES: list[Node] = [{"CPU": 3.0, "GPU": 1.0}, {"CPU": 4.0, "GPU": 2.0}]


def capacity(**resources: float) -> Capacity:
    return Capacity.of(MACHINES, Resources.model_validate(resources), 100)


def make_slots() -> tuple[FakeFactory, Slots]:
    factory = FakeFactory(ranks=2)
    slots = Slots(factory, capacity(workers_per_trial=2, gpus_per_trial=0), Packing(1, 3))
    slots.request_missing()
    return factory, slots


@pytest.mark.parametrize(
    ("resources", "slots"),
    [
        ({"workers_per_trial": 2, "gpus_per_trial": 0}, 3),
        ({"workers_per_trial": 2, "gpus_per_trial": 1}, 1),
        ({"workers_per_trial": 3, "gpus_per_trial": 1}, 1),
        ({"workers_per_trial": 2, "cpus_per_trial": 2, "gpus_per_trial": 0}, 1),
        ({"workers_per_trial": 8, "gpus_per_trial": 0}, 0),
    ],
)
def test_a_gang_may_be_on_several_machines_and_each_worker_is_on_one(
    resources: dict[str, float], slots: int
) -> None:
    assert capacity(**resources).slots(1) == slots


def test_more_workers_than_fit_on_this_machine_are_refused() -> None:
    with pytest.raises(UserError, match="each trial needs 8 workers, and there is room for 7"):
        capacity(workers_per_trial=8, gpus_per_trial=0).check()
    capacity(workers_per_trial=7, gpus_per_trial=0).check()


def test_a_search_on_a_cluster_says_which_room_it_waits_for() -> None:
    wanted = capacity(workers_per_trial=8, cpus_per_trial=2, gpus_per_trial=1)
    assert needs(wanted) == "room for a trial of 8 workers with 2 CPUs and 1 GPU each"


def test_a_slot_is_free_when_all_of_its_workers_have_started() -> None:
    _, slots = make_slots()
    first = slots.starting[0]
    slots.note_started(first.followers[0], "b")
    assert slots.count == 0
    slots.note_started(first, "a")
    assert slots.count == 1 and first.nodes == ["a", "b"]
    assert [one.number for one in slots.take(5).ranks] == [5, 5]


def test_a_slot_goes_with_all_of_its_workers() -> None:
    factory, slots = make_slots()
    first = slots.starting[0]
    for one in first.ranks:
        slots.note_started(one, "a")
    slots.ended(slots.take(0), Ended(0, "crashed", "rank 1: died"))
    assert [worker.is_ended for worker in factory.made[:2]] == [True, True]
    assert not any(worker.is_ended for worker in factory.made[2:])


def test_a_gang_is_kept_from_trial_to_trial() -> None:
    factory, slots = make_slots()
    for one in slots.starting[0].ranks:
        slots.note_started(one, "a")
    slots.ended(slots.take(0), Ended(0, "returned"))
    assert not any(worker.is_ended for worker in factory.made) and slots.count == 1


def gang(workers: int, *, waits: bool = True) -> Demand:
    return Demand("gang", "other", waits, CPU, workers)


def given(held: list[Held], need: Demand, cpus: float = 0.0) -> tuple[int, bool]:
    """Return how many slots are given until the demand is met, and whether it is."""
    share, count, clock = FairShare(), 0, 100.0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.monotonic", lambda: clock)
        while cpus < need.workers:
            gift = share.look([need], (), held, {"a": {"CPU": cpus}})
            if gift is None:
                return count, False
            held.remove(gift)
            count, cpus, clock = count + 1, cpus + gift.workers, clock + GIVE_SECONDS
        assert share.holds
    return count, True


def single(count: int) -> list[Held]:
    return [Held(("a",), CPU)] * count


def test_a_gang_that_waits_is_given_slot_after_slot_until_it_has_room() -> None:
    assert given(single(8), gang(4)) == (4, True)
    assert given(single(8), gang(4), cpus=3.0) == (1, True)


def test_what_would_leave_a_search_with_less_than_the_gang_gets_is_not_given() -> None:
    assert given(single(7), gang(4)) == (0, False)
    assert given([Held(("a", "a"), CPU)], gang(1)) == (0, False)


def test_a_gang_is_given_back_whole() -> None:
    assert given([Held(("a", "a"), CPU)] * 2, gang(1)) == (1, True)
    assert given([Held(("a", "a"), CPU)] * 2, gang(2)) == (1, True)


def test_workers_of_a_gang_count_each() -> None:
    share = FairShare()
    found = [gang(4, waits=False), Demand("next", "other", True, CPU, 4)]
    assert share.look(found, (), single(5), {"a": {}}) is None
    assert not share.holds


def test_the_plan_counts_trials_and_says_what_their_workers_have() -> None:
    resources = {"workers_per_trial": 3, "cpus_per_trial": 0.001, "gpus_per_trial": 1}
    plan = make_plan(make_experiment(budget={"trials": 2}, resources=resources))
    assert plan.slots.startswith("2, on the ")
    assert plan.slots.endswith("each has 3 workers, each with 0.001 CPUs and 1 GPU")


def test_auto_is_for_trials_of_one_worker() -> None:
    with pytest.raises(ValueError, match="auto` lets trials of one worker share a GPU"):
        make_experiment(resources={"workers_per_trial": 2, "gpus_per_trial": "auto"})


@pytest.mark.parametrize("verb", ["validate", "run", "plan"])
def test_several_workers_are_refused_in_this_process(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("work.py").write_text("def train(params, trial): ...\n")
    Path("e.yaml").write_text(
        "{name: a, trainable: 'work.py:train', objective: {metric: m, direction: maximize}, "
        "space: {x: {type: int, low: 1, high: 2}}, resources: {workers_per_trial: 2}}"
    )
    with pytest.raises(SystemExit) as ended:
        main([verb, "e.yaml", "--local"])
    assert ended.value.code == 2
    assert "each trial needs 2 workers, and `--local` has one" in capsys.readouterr().err
    assert not Path("studies").exists()
