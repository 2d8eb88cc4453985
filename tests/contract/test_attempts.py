"""What a trainable may rely on in any pool, and that nothing of a trial is there for the next."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from hpsearch.common.decision import Decision
from hpsearch.engine import Ended, Event, Pool, Reported, Saved, Task
from hpsearch.store import open_store
from tests.contract.pools import Opener, begin, next_event, run_to_end
from tests.stored import content

TRAINABLE = """\
import asyncio
import contextvars
import functools
import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
import weakref

warnings.filterwarnings("ignore", category=ResourceWarning)
MODELS = weakref.WeakSet()
KEPT = []
POOL = []
VARIABLE = contextvars.ContextVar("variable", default=0)


class Model:
    def __init__(self):
        self.itself = self  # only the collector finds it
        self.file = open(__file__)
        self.weights = bytearray(10_000)
        MODELS.add(self)


def live():
    return {
        "models": len(MODELS),
        "children": len(children()),
        "files": len(os.listdir("/proc/self/fd")),
        "threads": threading.active_count(),
    }


def children():
    found = subprocess.run(
        ["pgrep", "--parent", str(os.getpid())], stdout=subprocess.PIPE, check=False
    )
    return set(found.stdout.split()) - KNOWN


KNOWN = set()
KNOWN = {child for child in children()}


def deep(number):
    try:
        if number:
            deep(number - 1)
        else:
            raise ValueError("the last cause")
    except ValueError as error:
        raise ValueError(str(number)) from error


def lives_in_many_ways(params, trial):
    before = live()
    model = Model()
    process = subprocess.Popen(["sleep", "1000"])
    fork = multiprocessing.get_context("fork")
    worker = fork.Process(target=time.sleep, args=(1000,), daemon=params["kind"] == "returns")
    worker.start()
    executor = __import__("concurrent.futures").futures.ThreadPoolExecutor(2)
    executor.submit(len, "").result()
    getattr(sys.modules[__name__], params["kind"])(model, trial, before)


def returns(model, trial, before):
    trial.report(1, before)


def raises(model, trial, before):
    trial.report(1, before)
    raise RuntimeError("no such luck")


def keeps_its_exceptions(model, trial, before):
    trial.report(1, before)
    try:
        deep(50)
    except ValueError as error:
        KEPT.append(error)
        sys.last_value = error
        raise


def keeps_the_stop(model, trial, before):
    for step in range(1, 4):
        try:
            trial.report(step, before)
        except BaseException as stop:
            KEPT.append(stop)


def groups(model, trial, before):
    trial.report(1, before)
    try:
        deep(3)
    except ValueError as error:
        KEPT.append(ExceptionGroup("several", [error]))
        raise KEPT[-1]


def daemon(params, trial):
    subprocess.run("sleep 1234 & setsid sleep 1234 &", shell=True, check=True)
    if os.fork() == 0:
        os.setsid()
        time.sleep(1234)
    trial.report(1, {"value": 0.0})


def uses_a_pool(params, trial):
    if not POOL:
        POOL.append(multiprocessing.get_context("spawn").Process(target=time.sleep, args=(1000,)))
        POOL[0].start()
        POOL.append(subprocess.Popen(["sleep", "1000"]))
    trial.report(1, {"value": float(POOL[0].is_alive() and POOL[1].poll() is None)})
    if params["end"]:
        for process in POOL:
            process.kill()
        POOL[0].join()
        POOL[1].wait()


def main_thread(params, trial):
    assert threading.current_thread() is threading.main_thread()
    signal.signal(signal.SIGALRM, lambda *_: KEPT.append("alarm"))
    before = len(KEPT)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    while len(KEPT) == before:
        time.sleep(0.01)

    async def report():
        trial.report(1, {"value": 1.0})

    with warnings.catch_warnings(action="ignore"):  # since 3.12, Python warns of a new loop
        asyncio.get_event_loop().run_until_complete(report())
    trial.report(2, {"value": asyncio.run(asyncio.sleep(0, 2.0))})


def changes(params, trial):
    trial.report(1, {"value": float(surroundings() == (0, signal.SIG_DFL, -1))})
    VARIABLE.set(1)
    os.chdir(trial.scratch)
    signal.signal(signal.SIGUSR2, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 3600)
    signal.set_wakeup_fd(os.open(os.devnull, os.O_WRONLY | os.O_NONBLOCK))


def surroundings():
    os.getcwd()
    is_main = threading.current_thread() is threading.main_thread()
    told = signal.set_wakeup_fd(-1) if is_main else -1
    return VARIABLE.get(), signal.getsignal(signal.SIGUSR2), told


IMPORTED_WITH = [*sys.argv]


def parses(params, trial):
    assert sys.argv == IMPORTED_WITH == [__file__], (sys.argv, IMPORTED_WITH)
    sys.argv.append("--more")
    trial.report(1, {"value": 1.0})


def no_gradients(params, trial):
    import torch

    trial.report(1, {"value": float(torch.is_grad_enabled())})
    torch.set_grad_enabled(False)


def forks_and_both_go_on(params, trial):
    child = os.fork() == 0
    if child:
        try:
            trial.report(1, {"value": -1.0})
        except RuntimeError:
            pass
        return
    os.wait()
    trial.report(1, {"value": 1.0})


def leaves_threads(params, trial):
    if params["leaves"]:
        threading.Thread(target=time.sleep, args=(20,), name="watcher", daemon=True).start()
    trial.report(1, {"value": 1.0})


def tells_its_folder(params, trial):
    (trial.scratch / "file").touch()
    trial.report(1, {"value": 1.0})
    trial.report(2, {"value": 1.0}, checkpoint=lambda folder: (
        (folder / "where").write_text(str(trial.scratch))))
    trial.report(3, {"value": 1.0})
    os.kill(os.getpid(), signal.SIGKILL) if params.get("dies") else None
"""


def task(number: int = 0, **params: object) -> Task:
    return Task(number, 1, 5, params)


def metrics(events: list[Event]) -> Mapping[str, float]:
    """Return what the first report says; the attempt must have ended well, or as it should."""
    assert isinstance(events[0], Reported), events
    return events[0].measurements[-1].metrics


@pytest.fixture
def opener(open_pool: Opener) -> Opener:
    (open_pool.folder / "samples.py").write_text(TRAINABLE)
    return open_pool


def test_nothing_of_twenty_trials_is_alive_whatever_their_end(opener: Opener) -> None:
    pool = opener("lives_in_many_ways", parallel_trials=1)
    kinds = ["returns", "raises", "keeps_its_exceptions", "keeps_the_stop", "groups", "returns"]
    alive = []
    for number in range(21):
        kind = kinds[number % len(kinds)]
        stop = Decision(stop=number % 6 in (3, 5), reason="enough")
        events = run_to_end(pool, task(number, kind=kind), stop)
        alive.append(metrics(events))
    assert [one["models"] for one in alive] == [0.0] * 21
    assert [one["children"] for one in alive] == [0.0] * 21
    # the first trial opens what stays open for all; what other tests left may end meanwhile
    for kind in ("threads", "files"):
        assert max(one[kind] for one in alive[2:]) <= alive[1][kind]


@pytest.mark.parametrize("body", ["raise", "yield {'value': 1.0}; raise"])
def test_what_raises_infeasible_says_so_without_a_traceback(opener: Opener, body: str) -> None:
    (opener.folder / "samples.py").write_text(
        "import hpsearch\n"
        "def refuses(params, trial):\n"
        f"    {body} hpsearch.Infeasible('too many parameters')\n"
    )
    pool = opener("refuses", parallel_trials=1)
    ended = run_to_end(pool, task())[-1]
    assert isinstance(ended, Ended) and not ended.traceback
    assert (ended.how, ended.reason) == ("infeasible", "too many parameters")


def test_each_stop_is_a_new_exception(opener: Opener) -> None:
    pool = opener("keeps_stops", parallel_trials=1)
    (opener.folder / "samples.py").write_text(
        "def keeps_stops(params, trial):\n"
        "    kept = []\n"
        "    for step in range(4):\n"
        "        try:\n"
        "            trial.report(step, {'value': 1.0})\n"
        "        except BaseException as stop:\n"
        "            kept.append(stop)\n"
        "    frames = 0\n"
        "    trace = kept[-1].__traceback__\n"
        "    while trace is not None:\n"
        "        frames += 1\n"
        "        trace = trace.tb_next\n"
        "    trial.log(9, {'stops': len(set(map(id, kept))), 'frames': frames})\n"
        "    raise kept[-1]\n"
    )
    ended = run_to_end(pool, task(), Decision(stop=True, reason="enough"))[-1]
    assert isinstance(ended, Ended) and (ended.how, ended.reason) == ("stopped", "enough")
    assert ended.measurements[-1].metrics == {"stops": 4.0, "frames": 2.0}


def test_a_process_that_a_module_holds_is_there_for_the_next_trial(opener: Opener) -> None:
    pool = opener("uses_a_pool", parallel_trials=1)
    found = [metrics(run_to_end(pool, task(n, end=n == 2)))["value"] for n in range(3)]
    assert found == [1.0, 1.0, 1.0]


def test_a_trainable_runs_in_the_main_thread(opener: Opener) -> None:
    pool = opener.unserved("main_thread", parallel_trials=1)

    def loop() -> list[list[Event]]:
        return [run_to_end(pool, task(number)) for number in range(2)]

    for events in pool.serve(loop):
        assert isinstance(events[-1], Ended) and events[-1].how == "returned", events[-1]
        assert len(events) == 3


def test_a_pool_can_be_served_from_another_thread(opener: Opener) -> None:
    pool = opener.unserved("changes", parallel_trials=1)
    found: list[list[Event]] = []

    def loop() -> None:
        found.append(run_to_end(pool, task(n=1)))

    thread = threading.Thread(target=lambda: pool.serve(loop))
    thread.start()
    thread.join(300)
    assert isinstance(found[0][0], Reported)


def test_what_a_trial_changes_of_its_surroundings_is_set_back(opener: Opener) -> None:
    pool = opener.unserved("changes", parallel_trials=1)
    folder, handler = Path.cwd(), signal.getsignal(signal.SIGUSR2)

    def loop() -> list[float]:
        return [metrics(run_to_end(pool, task(number)))["value"] for number in range(3)]

    assert pool.serve(loop) == [1.0, 1.0, 1.0]
    assert (Path.cwd(), signal.getsignal(signal.SIGUSR2)) == (folder, handler)


def test_a_trainable_is_a_program_without_arguments(opener: Opener) -> None:
    arguments = [*sys.argv]
    pool = opener("parses", parallel_trials=1)
    for number in range(2):
        assert metrics(run_to_end(pool, task(number)))["value"] == 1.0
    assert sys.argv == arguments


def test_a_trial_that_switched_gradients_off_does_not_do_so_for_the_next(opener: Opener) -> None:
    pool = opener("no_gradients", parallel_trials=1)
    assert [metrics(run_to_end(pool, task(n)))["value"] for n in range(2)] == [1.0, 1.0]


def test_a_forked_child_neither_reports_nor_ends_the_attempt(opener: Opener) -> None:
    events = run_to_end(opener("forks_and_both_go_on", parallel_trials=1), task())
    assert metrics(events)["value"] == 1.0
    assert isinstance(events[-1], Ended) and events[-1].how == "returned"


def test_threads_that_trials_leave_are_said_once(opener: Opener) -> None:
    pool = opener("leaves_threads", parallel_trials=1)
    for number in range(4):
        run_to_end(pool, task(number, leaves=number > 0))
    (notice,) = opener.notices
    assert "`watcher`" in notice and "trial 2" in notice


def test_one_thread_that_stays_is_no_leak(opener: Opener) -> None:
    pool = opener("leaves_threads", parallel_trials=1)
    for number in range(3):
        run_to_end(pool, task(number, leaves=number == 0))
    assert not opener.notices


def scratch_of(pool: Pool, **params: object) -> Path:
    """Run an attempt and return what was its scratch folder."""
    store = open_store("memory://").study("sample").checkpoints
    begin(pool, replace(task(0, **params), files=store.files(0)))
    next_event(pool)
    pool.answer(0, Decision())
    next_event(pool)
    pool.answer(0, Decision(save=True))
    events = [next_event(pool), next_event(pool)]
    (saved,) = [event for event in events if isinstance(event, Saved)]
    store.commit(0, saved.measurement, saved.stored)
    pool.answer(0, Decision())
    assert isinstance(next_event(pool), Ended)
    return Path((content(store, 0, 2) or {})["where"].decode())


def test_the_temporary_folder_is_removed(opener: Opener) -> None:
    scratch = scratch_of(opener("tells_its_folder", parallel_trials=1))
    assert not scratch.parent.exists()


# What only a pool with processes of its own can promise:


def test_daemons_and_orphans_of_a_trial_are_ended(open_ray: Opener) -> None:
    long = f"{98_000 + os.getpid()}"
    (open_ray.folder / "samples.py").write_text(TRAINABLE.replace("1234", long))
    pool = open_ray("daemon", parallel_trials=1)
    ended = run_to_end(pool, task())[-1]
    assert isinstance(ended, Ended) and ended.how == "returned"
    command = ["pgrep", "-f", f"sleep {long}"]
    assert not subprocess.run(command, check=False, capture_output=True).stdout
    assert isinstance(run_to_end(pool, task(1))[0], Reported)


def test_the_temporary_folder_of_a_process_that_was_killed_is_removed(open_ray: Opener) -> None:
    (open_ray.folder / "samples.py").write_text(TRAINABLE)
    scratch = scratch_of(open_ray("tells_its_folder", parallel_trials=1), dies=True)
    gone = threading.Event()
    for _ in range(3000):
        if not scratch.parent.exists():
            break
        gone.wait(0.1)
    assert not scratch.exists()
