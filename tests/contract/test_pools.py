"""What every pool promises, checked for the pool of Ray actors and for that of this process."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import ray

from hpsearch.common.errors import UserError
from hpsearch.common.trial import Decision
from hpsearch.engine.ports import Ended, Event, Pool, Reported, Saved, Task
from hpsearch.experiment.schema import Resources
from hpsearch.trainable.signature import Signature
from hpsearch.workers.local.pool import LocalPool
from hpsearch.workers.ray.pool import RayPool
from hpsearch.workers.worker import WorkerSetup
from tests.support import write_trainables


@pytest.fixture(scope="module", autouse=True)
def running_ray() -> Iterator[None]:
    """Start Ray once: a pool uses the one that runs, and leaves it running."""
    ray.init("local", include_dashboard=False, log_to_driver=False, num_cpus=2)
    yield
    ray.shutdown()


class Opener:
    """Opens pools of one kind over the sample trainables, and closes them."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.folder = folder
        self.opened: list[LocalPool | RayPool] = []

    def __call__(self, function: str, **resources: object) -> LocalPool | RayPool:
        reference = f"samples.py:{function}"
        pool: LocalPool | RayPool
        if self.kind == "local":
            pool = LocalPool(WorkerSetup(reference, self.folder, "cpu", 1))
        else:
            limits = Resources.model_validate({"parallel_trials": 2, **resources})
            pool = RayPool(reference, self.folder, limits, most=2)
        self.opened.append(pool)
        return pool


@pytest.fixture(params=["local", "ray"])
def open_pool(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    opener = Opener(request.param, write_trainables(tmp_path / "with a space"))
    yield opener
    for pool in opener.opened:
        pool.close()


def task(number: int = 0, **params: float) -> Task:
    return Task(number, 1, 5, params, {}, 0.0)


def next_events(pool: Pool) -> Sequence[Event]:
    """Return what comes next: several attempts may have something to say at once."""
    for _ in range(300):
        if events := pool.wait(0.1):
            return events
    raise AssertionError("no event came")


def next_event(pool: Pool) -> Event:
    """Return the next event where one attempt alone is under way."""
    (event,) = next_events(pool)
    return event


def events_of_two(pool: Pool) -> list[Event]:
    """Start two attempts and return the first event of each."""
    for number in range(2):
        pool.start(task(number, x=0.0))
    events = [*next_events(pool)]
    if len(events) < 2:
        events += next_events(pool)
    return events


def run_to_end(pool: Pool, one: Task, decision: Decision | None = None) -> list[Event]:
    """Run an attempt, answering each report with the decision."""
    pool.start(one)
    events = [next_event(pool)]
    while not isinstance(events[-1], Ended):
        pool.answer(one.number, decision or Decision())
        events.append(next_event(pool))
    return events


def test_an_attempt_gives_its_reports_in_order_and_then_its_end(open_pool: Opener) -> None:
    pool = open_pool("quadratic")
    events = run_to_end(pool, task(x=1.0))
    reports = [event for event in events if isinstance(event, Reported)]
    assert [event.measurements[-1].step for event in reports] == [1, 2, 3]
    assert [len(event.measurements) for event in reports] == [2, 2, 2]
    assert reports[0].measurements[0].metrics == {"extra": 1.0}
    assert all(event.savable for event in reports)
    assert isinstance(events[-1], Ended) and events[-1].how == "returned"


def test_the_signature_is_that_of_the_trainable(open_pool: Opener) -> None:
    signature = open_pool("quadratic").load()
    assert isinstance(signature, Signature)
    assert signature.fields is not None and set(signature.fields) == {"x", "steps"}


def test_a_broken_trainable_is_the_users_error(open_pool: Opener) -> None:
    (open_pool.folder / "samples.py").write_text("raise RuntimeError('on import')")
    pool = open_pool("quadratic")
    with pytest.raises(UserError, match="on import"):
        pool.load()


def test_a_worker_serves_one_trial_after_another(open_pool: Opener) -> None:
    pool = open_pool("quadratic", parallel_trials=1)
    places = set()
    for number in range(3):
        events = run_to_end(pool, task(number, x=0.0))
        assert isinstance(events[0], Reported)
        places.add(events[0].place)
    assert len(places) == 1


def test_a_stop_ends_the_trial(open_pool: Opener) -> None:
    events = run_to_end(open_pool("quadratic"), task(), Decision(stop=True, reason="enough"))
    assert len(events) == 2
    assert isinstance(events[-1], Ended)
    assert (events[-1].how, events[-1].reason) == ("stopped", "enough")


def test_a_trainable_that_swallows_the_stop_reports_no_more(open_pool: Opener) -> None:
    one = task(steps=5)
    events = run_to_end(open_pool("swallows_the_stop"), one, Decision(stop=True))
    assert [type(event) for event in events] == [Reported, Ended]


def test_a_checkpoint_is_made_only_when_asked_for_and_comes_back(open_pool: Opener) -> None:
    pool = open_pool("quadratic")
    pool.start(task(x=0.0))
    assert isinstance(next_event(pool), Reported)
    pool.answer(0, Decision(save=True, stop=True))
    saved = next_event(pool)
    assert isinstance(saved, Saved)
    assert saved.files == {"step": b"1"} and saved.measurement.step == 1
    pool.answer(0, Decision())
    assert isinstance(next_event(pool), Ended)
    events = run_to_end(pool, Task(1, 2, 5, {"x": 0.0}, saved.files, 9.0))
    first = events[0]
    assert isinstance(first, Reported)
    assert first.measurements[-1].step == 2 and first.measurements[-1].seconds >= 9.0


@pytest.mark.parametrize(
    ("function", "part"),
    [
        ("raises", "RuntimeError: no such luck"),
        ("reports_text", "metric `value` is 'high'"),
        ("reports_backwards", "step 1 does not follow step 2"),
    ],
)
def test_an_exception_is_an_end_with_its_traceback(
    open_pool: Opener, function: str, part: str
) -> None:
    ended = run_to_end(open_pool(function), task())[-1]
    assert isinstance(ended, Ended) and ended.how == "raised"
    assert part in ended.reason
    assert "samples.py" in ended.traceback


def test_artifacts_come_with_the_end(open_pool: Opener) -> None:
    ended = run_to_end(open_pool("leaves_files"), task())[-1]
    assert isinstance(ended, Ended)
    assert ended.artifacts == {"note.txt": b"trial 0"}


def test_threads_and_seed_reach_the_trainable(open_pool: Opener) -> None:
    report = run_to_end(open_pool("tells_its_surroundings"), task())[0]
    assert isinstance(report, Reported)
    assert report.measurements[-1].metrics == {"value": 0.0, "threads": 1.0, "seed": 5.0}


def test_a_pool_without_work_says_nothing(open_pool: Opener) -> None:
    assert open_pool("quadratic").wait(0.05) == ()


# What only a pool with processes of its own can promise:


@pytest.fixture
def open_ray(tmp_path: Path) -> Iterator[Opener]:
    opener = Opener("ray", write_trainables(tmp_path))
    yield opener
    for pool in opener.opened:
        pool.close()


def test_a_worker_that_died_is_said_and_replaced(open_ray: Opener) -> None:
    pool = open_ray("dies", parallel_trials=1)
    for number in range(2):
        ended = run_to_end(pool, task(number))[-1]
        assert isinstance(ended, Ended) and ended.how == "crashed"
        assert "died" in ended.reason


def test_a_killed_attempt_ends_with_the_reason_given(open_ray: Opener) -> None:
    pool = open_ray("hangs", parallel_trials=1)
    pool.start(task())
    assert isinstance(next_event(pool), Reported)
    pool.answer(0, Decision())
    pool.kill(0, "too slow")
    ended = next_event(pool)
    assert isinstance(ended, Ended)
    assert (ended.how, ended.reason) == ("crashed", "too slow")


def test_two_trials_run_side_by_side(open_ray: Opener) -> None:
    pool = open_ray("quadratic")
    assert pool.slots == 2
    events = events_of_two(pool)
    assert all(isinstance(event, Reported) for event in events)
    assert len({event.place.process for event in events if isinstance(event, Reported)}) == 2


def test_without_gpus_auto_gives_a_trial_none(open_ray: Opener) -> None:
    pool = open_ray("quadratic", gpus_per_trial="auto")
    assert pool.slots == 2
    report = run_to_end(pool, task(x=0.0))[0]
    assert isinstance(report, Reported) and report.place.device == "cpu"


@pytest.mark.parametrize("ask", [{"gpus_per_trial": 64}, {"cpus_per_trial": 4096}])
def test_more_than_the_machine_has_is_refused(open_ray: Opener, ask: dict[str, int]) -> None:
    with pytest.raises(UserError, match="Ray finds"):
        open_ray("quadratic", **ask)


def test_a_worker_ended_amid_its_creation_keeps_no_core(open_ray: Opener) -> None:
    for tenths in range(4):
        pool = open_ray("quadratic")
        time.sleep(tenths / 10)
        pool.close()
    assert {event.number for event in events_of_two(open_ray("quadratic"))} == {0, 1}
