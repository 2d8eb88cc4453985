"""`hpsearch slots` beside a driver that runs: fewer and more trials at a time, and none killed."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hpsearch.common.trial import TrialState
from hpsearch.usecases import look
from tests.faults.harness import TRAINABLE, Bench, expected_curve
from tests.s3 import s3_server

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1600)]

GATED = TRAINABLE.replace("json", "json\nimport os", 1).replace(
    'time.sleep(params["pause"])',
    """while step == 5 and not os.path.exists(f'{params["gates"]}/{trial.number}'):
            time.sleep(0.05)""",
)
"""A trial waits at its fifth step until there is a file with its number."""


@pytest.fixture(params=["folder", "bucket"])
def studies(
    request: pytest.FixtureRequest, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The address of the studies."""
    if request.param == "folder":
        yield str(bench.folder / "studies")
        return
    with s3_server() as server:
        bench.environment |= server.environment()
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        yield server.new_address()


def test_a_driver_uses_fewer_and_more_slots_as_it_is_told_and_no_trial_is_killed(
    bench: Bench, studies: str
) -> None:
    gates = bench.folder / "gates"
    gates.mkdir()
    resources = {"parallel_trials": 2, "cpus_per_trial": 0.25, "gpus_per_trial": 0, "retries": 0}
    params = {"steps": 10, "gates": str(gates)}
    bench.write(GATED, resources=resources, params=params, budget={"trials": 6})
    with bench.driving("--studies", studies) as driver:
        driver.wait_for(r"trial \d started", count=2, seconds=120)
        change = change_slots(bench, studies, 1)
        assert change["running_trials"] == 2 and change["parallel_trials"] == 2
        driver.wait_for("at most 1 trial at a time", seconds=120)
        open_gates(gates, 0, 1)
        driver.wait_for("trial 2 started", seconds=120)
        said = driver.said()
        assert said.index("trial 2 started") > said.index("trial 0 complete")
        assert said.index("trial 2 started") > said.index("trial 1 complete")
        assert change_slots(bench, studies, 3)["running_trials"] == 1
        driver.wait_for(r"trial [234] started", count=3, seconds=120)
        open_gates(gates, 2, 3, 4, 5)
        assert driver.wait(120) == 0, driver.said()
    records = look(studies, bench.name).records
    assert [record.state for record in records] == [TrialState.COMPLETE] * 6
    assert [record.attempt for record in records] == [1] * 6
    for record in records:
        assert [(m.step, m.metrics["value"]) for m in record.measurements] == expected_curve(record)
    code, said = call(bench, bench.name, "4", "--studies", studies)
    assert code == 2 and "error[not-running]" in said


def change_slots(bench: Bench, studies: str, slots: int) -> dict[str, int]:
    """Call the command beside the driver; return its JSON."""
    code, said = call(bench, bench.name, str(slots), "--studies", studies, "--json")
    assert code == 0, said
    change: dict[str, int] = json.loads(said)
    return change


def call(bench: Bench, *words: str) -> tuple[int, str]:
    """Call `hpsearch slots`; return its exit code, and what it printed: of an error, all."""
    done = subprocess.run(
        [sys.executable, "-m", "hpsearch", "slots", *words],
        cwd=bench.folder,
        env={**os.environ, **bench.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout if done.returncode == 0 else done.stderr


def open_gates(folder: Path, *numbers: int) -> None:
    for number in numbers:
        (folder / str(number)).touch()
