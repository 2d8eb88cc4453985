"""No trial, however bad, takes the search down: one search over all of them, on real processes."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import ray

import hpsearch.engine.attempt
from hpsearch.common.errors import SearchFailed
from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.engine import Parts, Search
from hpsearch.store.folder import FolderStudy
from hpsearch.strategies import OptunaStudy
from tests.faults.harness import wait_for
from tests.support import make_experiment, search_on_ray

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1200)]

LONG = 10_000 + os.getpid()
"""Seconds that a forked child sleeps; nobody else's does so long."""

BAD = """\
import ctypes
import math
import os
import resource
import shutil
import subprocess
import sys
import time


def train(params, trial):
    trial.report(1, {"value": 1.0})
    globals()[params["kind"]](trial)


def fine(trial):
    trial.report(2, {"value": 2.0})


def raises(trial):
    raise RuntimeError("no such luck")


def raises_something_nasty(trial):
    class Nasty(BaseException):
        def __str__(self):
            raise ValueError("no word about it")

    raise Nasty


def reports_nan(trial):
    trial.report(2, {"value": math.nan})


def reports_inf(trial):
    trial.report(2, {"value": math.inf})


def reports_none(trial):
    trial.report(2, {"value": None})


def reports_text(trial):
    trial.report(2, {"value": "high"})


def reports_no_mapping(trial):
    trial.report(2, 3.0)


def lacks_the_objective(trial):
    trial.report(2, {"other": 1.0})


def swallows_the_stop(trial):
    for step in range(2, 1000):
        try:
            trial.report(step, {"value": math.nan})
        except BaseException:
            pass


def exits(trial):
    os._exit(3)


def leaves_python(trial):
    sys.exit(3)


def segfaults(trial):
    ctypes.string_at(0)


def leaks_memory(trial):
    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + 4 * 2**30, limits[1]))
    held = []
    while True:
        held.append(bytes(2**28))


def removes_its_folders(trial):
    shutil.rmtree(trial.artifacts.parent)


def cannot_save(trial):
    def save(folder):
        raise OSError("no")

    trial.report(2, {"value": 3.0}, checkpoint=save)


def hangs(trial):
    while True:
        time.sleep(1)


def forks(trial):
    if os.fork() == 0:
        time.sleep(LONG)
    subprocess.Popen(["sleep", "LONG"])
    hangs(trial)
""".replace("LONG", str(LONG))

EXPECTED = {
    "fine": (TrialState.COMPLETE, ""),
    "raises": (TrialState.FAILED, "RuntimeError: no such luck"),
    "raises_something_nasty": (TrialState.FAILED, "Nasty"),
    "reports_nan": (TrialState.FAILED, "value is nan at step 2"),
    "reports_inf": (TrialState.FAILED, "value is inf at step 2"),
    "reports_none": (TrialState.FAILED, "metric `value` is None, not a number"),
    "reports_text": (TrialState.FAILED, "metric `value` is 'high', not a number"),
    "reports_no_mapping": (TrialState.FAILED, "TypeError: report: metrics are a mapping of names"),
    "lacks_the_objective": (TrialState.COMPLETE, ""),  # the report before has it
    "swallows_the_stop": (TrialState.FAILED, "value is nan at step 2"),
    "exits": (TrialState.FAILED, "the worker's process died"),
    "leaves_python": (TrialState.FAILED, "SystemExit: 3"),
    "segfaults": (TrialState.FAILED, "the worker's process died"),
    "leaks_memory": (TrialState.FAILED, "MemoryError"),
    "removes_its_folders": (TrialState.COMPLETE, ""),
    "cannot_save": (TrialState.FAILED, "OSError: no"),
    "hangs": (TrialState.FAILED, "over its time limit"),
    "forks": (TrialState.FAILED, "over its time limit"),
}


@pytest.fixture(scope="module", autouse=True)
def running_ray() -> Iterator[None]:
    ray.init("local", include_dashboard=False, log_to_driver=False, num_cpus=2)
    yield
    ray.shutdown()


def search(folder: Path, trainable: str, *kinds: str, **sections: object) -> list[TrialRecord]:
    """Search over kinds of trials, each tried once, two at a time."""
    (folder / "bad.py").write_text(trainable)
    given: dict[str, Any] = {
        "trainable": "bad.py:train",
        "space": {"kind": {"type": "categorical", "choices": list(kinds)}},
        "sampler": {"type": "grid"},
        "pruner": {"type": "none"},
        "budget": {"trials": len(kinds), "failed_trials": 100},
        **sections,
    }
    resources = {"parallel_trials": 2, "gpus_per_trial": 0, "retries": 0}
    given["resources"] = resources | given.get("resources", {})
    return search_on_ray(make_experiment(**given), folder)


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TrialRecord]:
    late = [kind for kind, (_, reason) in EXPECTED.items() if "time limit" in reason]
    others = [kind for kind in EXPECTED if kind not in late]
    records = search(tmp_path_factory.mktemp("bad"), BAD, *others)
    limits = {"trial_minutes": 0.2}  # with the start of a process, which a loaded machine drags out
    records += search(tmp_path_factory.mktemp("late"), BAD, *late, resources=limits)
    return {str(record.params["kind"]): record for record in records}


@pytest.mark.parametrize("kind", EXPECTED)
def test_a_bad_trial_fails_with_its_reason_alone(
    searched: dict[str, TrialRecord], kind: str
) -> None:
    state, reason = EXPECTED[kind]
    assert searched[kind].state is state, searched[kind]
    assert reason in searched[kind].reason


def test_what_a_trial_forked_dies_with_its_process(searched: dict[str, TrialRecord]) -> None:
    assert searched["forks"].state is TrialState.FAILED
    command = ["pgrep", "-f", f"sleep {LONG}"]
    wait_for(
        lambda: not subprocess.run(command, check=False, capture_output=True).stdout,
        10,
        lambda: "what it forked lives",
    )


STUBBORN = """\
def train(params, trial):
    step = 0
    while True:
        step += 1
        try:
            trial.report(step, {"value": float("nan") if step > 1 else 1.0})
        except BaseException:
            pass
"""


def test_a_trial_that_never_ends_though_told_to_stop_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hpsearch.engine.attempt, "STOP_SECONDS", 1.0)
    (record,) = search(tmp_path, STUBBORN, "only")
    assert (record.state, record.reason) == (TrialState.FAILED, "value is nan at step 2")


DIES = """\
import os

def train(params, trial):
    trial.report(1, {"value": 1.0})
    os._exit(3)
"""


def test_a_trial_that_always_dies_is_tried_so_often_and_then_fails(tmp_path: Path) -> None:
    (record,) = search(tmp_path, DIES, "only", resources={"retries": 2})
    assert (record.state, record.attempt) == (TrialState.FAILED, 3)
    assert [m.step for m in record.measurements] == [1]


def test_a_search_in_which_every_trial_fails_alike_stops_at_once(tmp_path: Path) -> None:
    silent = "def train(params, trial): raise RuntimeError('never')"
    with pytest.raises(SearchFailed, match="failed in the same way"):
        search(tmp_path, silent, *"abcdefgh")


CUDA = """\
import os
from pathlib import Path

class OutOfMemoryError(RuntimeError): ...

SICK = []  # what a sticky CUDA error does to a process: every later trial in it fails, too

def train(params, trial):
    beside = Path({folder!r})
    mine = beside / f"{{trial.number}}-{{os.getpid()}}"
    others = [one for one in beside.iterdir() if not one.name.startswith(f"{{trial.number}}-")]
    mine.write_text("")
    try:
        trial.report(1, {{"value": 1.0, "others": len(others), "process": os.getpid()}})
        if SICK:
            raise RuntimeError("CUDA error: an illegal memory access was encountered")
        tried = beside.parent / f"tried-{{trial.number}}"
        if params["kind"] != "fine" and (params["kind"] == "always" or not tried.exists()):
            tried.write_text("")
            SICK.append(1)
            if params["kind"] == "memory":
                raise OutOfMemoryError("Tried to allocate 20.00 MiB")
            raise RuntimeError("CUDA error: device-side assert triggered")
        trial.report(2, {{"value": 2.0, "others": len(others), "process": os.getpid()}})
    finally:
        mine.unlink()
"""


def test_a_fault_of_the_device_costs_a_process_and_the_trial_is_tried_again_alone(
    tmp_path: Path,
) -> None:
    (beside := tmp_path / "running").mkdir()
    trainable = CUDA.format(folder=str(beside))
    kinds = ("memory", "sticky", "always", "fine")
    records = {r.params["kind"]: r for r in search(tmp_path, trainable, *kinds)}
    for kind in ("memory", "sticky"):
        record = records[kind]
        assert (record.state, record.attempt) == (TrialState.COMPLETE, 2)
        assert record.measurements[-1].metrics["others"] == 0
        processes = [m.metrics["process"] for m in record.measurements]
        assert processes[0] != processes[1]
    assert (records["always"].state, records["always"].attempt) == (TrialState.FAILED, 2)
    assert records["fine"].state is TrialState.COMPLETE


MANY = """\
def train(params, trial):
    for step in range(params["reports"]):
        trial.report(step, {"value": float(step)})
"""


def test_a_hundred_thousand_reports_take_time_in_proportion(tmp_path: Path) -> None:
    """Measured in this process, where Ray's own half millisecond a report does not hide it."""
    from hpsearch.workers.local.pool import LocalPool

    (tmp_path / "many.py").write_text(MANY)
    seconds = {}
    for reports in (10_000, 100_000):
        experiment = make_experiment(
            trainable="many.py:train",
            params={"reports": reports},
            budget={"trials": 1},
            pruner={"type": "median"},
        )
        stored = FolderStudy(tmp_path / f"study-{reports}")
        study = OptunaStudy(stored, experiment)
        began = time.process_time()
        Search(
            experiment,
            Parts(
                study=study,
                pool=LocalPool.of(experiment, tmp_path),
                checkpoints=stored.checkpoints,
                artifacts=stored.artifacts,
                listeners=[],
            ),
        ).run()
        seconds[reports] = time.process_time() - began
        (record,) = study.records()
        study.close()
        assert len(record.measurements) == reports
        assert record.values == (reports - 1.0,)
    print(seconds)  # noqa: T201 (shown by `pytest -s`)
    assert seconds[100_000] < 30 * seconds[10_000]  # in the square of them: a hundred times
