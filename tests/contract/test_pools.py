"""What every pool promises, checked for the pool of Ray actors and for that of this process."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from hpsearch.common.checkpoints import TrialFiles
from hpsearch.common.decision import Decision
from hpsearch.common.errors import UserError
from hpsearch.common.files import read_folder
from hpsearch.common.trial import Measurement
from hpsearch.engine import Ended, Reported, Restored, Saved, Task
from hpsearch.store.folder import FolderStudy
from hpsearch.store.folder.checkpoints import FolderCheckpoints
from hpsearch.trainable import Given
from tests.contract.pools import (
    Opener,
    begin,
    events_of_two,
    next_event,
    run_to_end,
    task,
    wait_for_slots,
)
from tests.stored import content, save

SAVE = Decision(save=True)


def test_an_attempt_gives_its_reports_in_order_and_then_its_end(open_pool: Opener) -> None:
    pool = open_pool("quadratic")
    events = run_to_end(pool, task(x=1.0))
    reports = [event for event in events if isinstance(event, Reported)]
    assert [event.measurements[-1].step for event in reports] == [1, 2, 3]
    assert [len(event.measurements) for event in reports] == [2, 2, 2]
    assert reports[0].measurements[0].metrics == {"extra": 1.0}
    assert all(event.savable for event in reports)
    assert isinstance(events[-1], Ended) and events[-1].how == "returned"


def test_a_trainable_that_does_not_take_what_is_given_is_the_users_error(
    open_pool: Opener,
) -> None:
    open_pool.given = Given({"params.y": (1,)})
    pool = open_pool("quadratic")
    with pytest.raises(UserError, match=r"`params\.y` is not a parameter of the trainable"):
        pool.load()


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


@pytest.fixture
def store(tmp_path: Path) -> FolderCheckpoints:
    return FolderStudy(tmp_path / "study").checkpoints


SEEN = pytest.mark.parametrize("seen", [True, False], ids=["folder seen", "folder not seen"])


def files_of(store: FolderCheckpoints, seen: bool) -> TrialFiles:
    """Return trial 0's files; unless seen, as to a machine with another folder of that name."""
    files = store.files(0)
    return files if seen else replace(files, word="of another machine")


@SEEN
def test_a_checkpoint_is_made_only_when_asked_for_and_comes_back(
    open_pool: Opener, store: FolderCheckpoints, seen: bool
) -> None:
    pool = open_pool("quadratic")
    begin(pool, Task(0, 1, 5, {"x": 0.0}, files_of(store, seen)))
    assert isinstance(next_event(pool), Reported)
    pool.answer(0, Decision(save=True, stop=True))
    saved = next_event(pool)
    assert isinstance(saved, Saved) and saved.measurement.step == 1
    store.commit(0, replace(saved.measurement, seconds=9.0), saved.stored)
    assert isinstance(next_event(pool), Ended)
    assert content(store, 0, 1) == {"step": b"1"}
    again = Task(0, 2, 5, {"x": 0.0}, files_of(store, seen), store.resumable(0))
    restored, first, *_ = run_to_end(pool, again)
    assert restored == Restored(0, 1)
    assert isinstance(first, Reported)
    assert first.measurements[-1].step == 2 and first.measurements[-1].seconds >= 9.0


@SEEN
def test_a_damaged_checkpoint_is_told_and_the_one_before_is_used(
    open_pool: Opener, store: FolderCheckpoints, tmp_path: Path, seen: bool
) -> None:
    for step in (1, 2, 3):
        save(store, 0, Measurement(step, {}, 1.0), {"step": b"%d" % step})
    layout = FolderStudy(tmp_path / "study").layout
    (layout.checkpoint(0, 3) / "step").write_bytes(b"4")
    (layout.checkpoint(0, 2) / "step").unlink()
    one = Task(0, 2, 5, {"x": 0.0}, files_of(store, seen), store.resumable(0))
    restored, first, *_ = run_to_end(open_pool("quadratic"), one)
    assert restored == Restored(0, 1, (3, 2))
    assert isinstance(first, Reported) and first.measurements[-1].step == 2


@SEEN
def test_a_checkpoint_that_cannot_be_stored_says_why_and_the_attempt_continues(
    open_pool: Opener, store: FolderCheckpoints, tmp_path: Path, seen: bool
) -> None:
    files = files_of(store, seen)
    FolderStudy(tmp_path / "study").layout.incoming(0).parent.write_text("in the way")
    events = run_to_end(open_pool("quadratic"), Task(0, 1, 5, {"x": 0.0}, files), SAVE)
    saved = [event for event in events if isinstance(event, Saved)]
    assert len(saved) == 3 and all("Not a directory" in one.stored.problem for one in saved)
    assert isinstance(events[-1], Ended) and events[-1].how == "returned"


def test_a_trial_knows_its_study_its_first_step_and_what_it_printed(
    open_pool: Opener, store: FolderCheckpoints
) -> None:
    (open_pool.folder / "samples.py").write_text(
        "import os, threading\n"
        "def tells(params, trial):\n"
        "    print('hello')\n"
        "    os.system('echo of a child')\n"
        "    is_main = threading.current_thread() is threading.main_thread()\n"
        "    printed = ['hello', 'of a child'] if is_main else ['hello']\n"
        "    found = trial.study, trial.start_step, trial.output.splitlines()\n"
        "    assert found == ('sample', params['first'], printed), found\n"
    )
    pool = open_pool("tells")
    for first in (0, 7):
        if first:
            save(store, 0, Measurement(first - 1, {}, 1.0), {"state": b""})
        one = Task(0, 1, 5, {"first": first}, store.files(0), store.resumable(0))
        *_, ended = run_to_end(pool, one)
        assert isinstance(ended, Ended) and (ended.how, ended.reason) == ("returned", "")


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


@SEEN
def test_artifacts_come_with_the_end(
    open_pool: Opener, store: FolderCheckpoints, tmp_path: Path, seen: bool
) -> None:
    one = Task(0, 1, 5, {}, files_of(store, seen))
    ended = run_to_end(open_pool("leaves_files"), one)[-1]
    assert isinstance(ended, Ended) and ended.artifacts is not None
    artifacts = FolderStudy(tmp_path / "study").artifacts
    artifacts.commit(0, ended.artifacts)
    with artifacts.folder(0) as folder:
        assert folder is not None and read_folder(folder) == {"note.txt": b"trial 0"}


def test_threads_and_seed_reach_the_trainable(open_pool: Opener) -> None:
    report = run_to_end(open_pool("tells_its_surroundings"), task())[0]
    assert isinstance(report, Reported)
    assert report.measurements[-1].metrics == {"value": 0.0, "threads": 1.0, "seed": 5.0}


def test_a_pool_without_work_says_nothing(open_pool: Opener) -> None:
    assert open_pool("quadratic").wait(0.05) == ()


# What only a pool with processes of its own can promise:


def test_a_worker_that_died_is_said_and_replaced(open_ray: Opener) -> None:
    pool = open_ray("dies", parallel_trials=1)
    for number in range(2):
        ended = run_to_end(pool, task(number))[-1]
        assert isinstance(ended, Ended) and ended.how == "crashed"
        assert "died" in ended.reason


def test_a_killed_attempt_ends_with_the_reason_given(open_ray: Opener) -> None:
    pool = open_ray("hangs", parallel_trials=1)
    begin(pool, task())
    assert isinstance(next_event(pool), Reported)
    pool.answer(0, Decision())
    pool.kill(0, "too slow")
    ended = next_event(pool)
    assert isinstance(ended, Ended)
    assert (ended.how, ended.reason) == ("crashed", "too slow")


def test_two_trials_run_side_by_side(open_ray: Opener) -> None:
    pool = open_ray("quadratic", parallel_trials=2)
    wait_for_slots(pool, 2)
    assert pool.slots == 2
    events = events_of_two(pool)
    assert all(isinstance(event, Reported) for event in events)
    assert len({event.place.process for event in events if isinstance(event, Reported)}) == 2


def test_a_limit_counts_from_the_moment_at_which_it_is_set(open_ray: Opener) -> None:
    pool = open_ray("quadratic", parallel_trials=2, cpus_per_trial=0.25)
    wait_for_slots(pool, 2)
    for limit in (1, 2, 1):
        pool.limit(limit)
        assert pool.slots == limit


def test_without_gpus_auto_gives_a_trial_none(open_ray: Opener) -> None:
    pool = open_ray("quadratic", parallel_trials=2, gpus_per_trial="auto")
    assert pool.most_slots == 2
    report = run_to_end(pool, task(x=0.0))[0]
    assert isinstance(report, Reported) and report.place.device == "cpu"


@pytest.mark.parametrize("ask", [{"gpus_per_trial": 64}, {"cpus_per_trial": 4096}])
def test_more_than_the_machine_has_is_refused(open_ray: Opener, ask: dict[str, int]) -> None:
    with pytest.raises(UserError, match="Ray finds"):
        open_ray("quadratic", **ask)


def test_a_worker_ended_amid_its_creation_keeps_no_core(open_ray: Opener) -> None:
    for tenths in range(4):
        pool = open_ray("quadratic", parallel_trials=2)
        time.sleep(tenths / 10)
        pool.close()
    pool = open_ray("quadratic", parallel_trials=2)
    assert {event.number for event in events_of_two(pool)} == {0, 1}
