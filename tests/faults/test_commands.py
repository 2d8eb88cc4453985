"""Commands that ignore SIGTERM and fork: whoever is killed, no process of theirs is left."""

import os
import signal
from collections.abc import Iterator, Sequence

import pytest

from tests.faults.harness import Bench, Driver, wait_for
from tests.faults.test_kills import check

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(1600),
    pytest.mark.filterwarnings("ignore"),  # MLflow in this process warns of its own libraries
]

SCRIPT = """\
import json
import os
import signal
import subprocess
import time
from pathlib import Path

signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen(["sleep", "300"])  # nobody waits for it
params = json.loads(os.environ["HPSEARCH_PARAMS"])
save, checkpoint = os.environ["HPSEARCH_SAVE"], os.environ["HPSEARCH_CHECKPOINT"]
state, start = 0.0, 0
if checkpoint:
    state, start = json.loads(Path(checkpoint, "state.json").read_text())
for step in range(start + 1, params["steps"] + 1):
    while step == 5 and not Path("gate").exists():
        time.sleep(0.05)
    time.sleep(params["pause"])
    state = state * 0.9 + params["x"]
    Path(save, "state.json").write_text(json.dumps([state, step]))
    print(json.dumps({"step": step, "value": -((state - step * 0.3) ** 2), "checkpoint": True}))
"""

"""It waits at its fifth step until the gate is there."""

COMMAND = {"command": ["python", "work.py"], "metrics": "json", "grace_seconds": 1}

OURS = r"work\.py|sleep 300"
"""The command's processes."""


@pytest.fixture
def bench(bench: Bench) -> Iterator[Bench]:
    bench.write(SCRIPT, trainable=COMMAND, budget={"trials": 4})
    yield bench
    bench.wait_until_nothing_is_left()


WHERE = pytest.mark.parametrize("words", [(), ("--local",)], ids=["ray", "local"])


def wait_for_reports(bench: Bench, driver: Driver) -> None:
    driver.wait_for(r"trial \d+ started")
    wait_for(lambda: any(len(r.measurements) > 2 for r in bench.records()), 60, driver.said)


def open_gate(bench: Bench) -> None:
    (bench.folder / "gate").touch()


def wait_until_no_command_is_left(driver: Driver) -> None:
    wait_for(lambda: not driver.pids(OURS), 10, lambda: f"left: {driver.pids(OURS)}")


def attempts(bench: Bench) -> list[int]:
    return sorted(record.attempt for record in bench.records())


@WHERE
def test_a_command_killed_amid_training_costs_an_attempt(
    bench: Bench, words: Sequence[str]
) -> None:
    with bench.driving(*words) as driver:
        wait_for_reports(bench, driver)
        os.kill(driver.pids(r"work\.py")[0], signal.SIGKILL)
        driver.wait_for("is tried again")
        open_gate(bench)
        assert driver.wait(120) == 0, driver.said()
        assert "is tried again: killed by SIGKILL (out of memory?)" in driver.said()
        wait_until_no_command_is_left(driver)
    assert attempts(bench) == [1, 1, 1, 2]
    check(bench, trials=4)


@WHERE
def test_a_driver_that_is_killed_takes_its_commands_along_and_a_rerun_resumes_them(
    bench: Bench, words: Sequence[str]
) -> None:
    with bench.driving(*words) as driver:
        wait_for_reports(bench, driver)
        driver.kill()
        wait_until_no_command_is_left(driver)
    open_gate(bench)
    bench.run(*words)
    assert attempts(bench)[-1] == 2
    check(bench, trials=4)


def test_a_worker_that_is_killed_takes_its_command_along(bench: Bench) -> None:
    resources = {"parallel_trials": 1, "gpus_per_trial": 0}
    bench.write(SCRIPT, trainable=COMMAND, budget={"trials": 4}, resources=resources)
    with bench.driving() as driver:
        wait_for_reports(bench, driver)
        before = driver.pids(OURS)
        os.kill(driver.workers()[0], signal.SIGKILL)
        wait_for(lambda: not {*before} & {*driver.pids(OURS)}, 10, lambda: f"left: {before}")
        open_gate(bench)
        assert driver.wait(120) == 0, driver.said()
    assert attempts(bench)[-1] == 2
    check(bench, trials=4)


@WHERE
def test_an_interrupt_saves_commands_that_ignore_sigterm_and_a_rerun_resumes_them(
    bench: Bench, words: Sequence[str]
) -> None:
    with bench.driving(*words) as driver:
        wait_for_reports(bench, driver)
        driver.send_to_group(signal.SIGINT)
        driver.wait_for("stopping")
        open_gate(bench)
        assert driver.wait(60) == 130, driver.said()
        wait_until_no_command_is_left(driver)
    bench.run(*words)
    check(bench, trials=4)


@WHERE
def test_two_interrupts_kill_a_command_that_says_nothing(
    bench: Bench, words: Sequence[str]
) -> None:
    bench.write(SCRIPT, trainable=COMMAND, params={"steps": 10, "pause": 300})
    with bench.driving(*words) as driver:
        driver.wait_for(r"trial \d+ started")
        wait_for(lambda: bool(driver.pids(r"sleep 300")), 30, driver.said)
        driver.send(signal.SIGINT)
        driver.wait_for("stopping")
        driver.send(signal.SIGINT)
        assert driver.wait(30) == 130, driver.said()
        wait_until_no_command_is_left(driver)
