"""Full disks and folders that cannot be written: a small tmpfs, and one that is read-only."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from hpsearch.common.trial import TrialState
from tests.faults.harness import Bench, compare
from tests.faults.small_disk import filled, mount
from tests.faults.test_slots import GATED, open_gates

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(1200),
    pytest.mark.filterwarnings("ignore"),  # MLflow in this process warns of its own libraries
]

LARGE = """\
import os

def train(params, trial):
    for step in (1, 2):
        save = lambda folder: (folder / "weights").write_bytes(os.urandom(params["bytes"]))
        trial.report(step, {"value": step + params["x"]}, checkpoint=save)
"""


WAIT = """\
while trial.number > 1 and not os.path.exists(params["until"]):
        time.sleep(0.05)
    for step"""


@pytest.fixture
def small_disk(bench: Bench) -> Iterator[Path]:
    """The studies' folder, on a disk of one megabyte."""
    folder = bench.folder / "studies"
    folder.mkdir()
    mount(folder, "size=1m")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_search_goes_on_without_a_checkpoint_that_does_not_fit(
    bench: Bench, small_disk: Path
) -> None:
    bench.write(LARGE, params={"bytes": 3_000_000})
    said = bench.run("--local")
    assert said.count("checkpoints cannot be written") == 1
    records = bench.records()
    assert [record.state for record in records] == [TrialState.COMPLETE] * 6
    assert all(len(record.measurements) == 2 for record in records)
    assert not [path for path in small_disk.rglob("*") if path.name.startswith(".step")]
    assert compare(bench).is_clean


def test_a_full_disk_stops_the_search_and_room_lets_it_go_on(
    bench: Bench, small_disk: Path
) -> None:
    room = bench.folder / "room"
    bench.write(
        LARGE.replace("for step", WAIT).replace("os", "os, time", 1),
        params={"bytes": 1000, "until": str(room)},
        checkpoints={"every_seconds": 0, "keep": 1},
        budget={"trials": 20},
    )
    with bench.driving() as driver:
        driver.wait_for(r"trial \d+ complete", count=2)
        with filled(small_disk):
            room.touch()
            assert driver.wait(60) == 1, driver.said()
            said = driver.said()
            assert "error[unwritable-journal]" in said and "No space left" in said
            before = [record for record in bench.records() if record.state.is_finished]
            assert 2 <= len(before) < 20
            assert "error[unwritable-folder]" in bench.run(code=2)  # not before there is room
    bench.run("--local")
    records = bench.records()
    assert [records[record.number] for record in before] == before
    assert [record.state for record in records] == [TrialState.COMPLETE] * 20
    assert compare(bench).is_clean


def test_a_folder_that_may_only_be_read_is_the_users_error(bench: Bench) -> None:
    folder = bench.folder / "studies"
    folder.mkdir()
    mount(folder, "ro,size=1m")
    try:
        assert "error[unwritable-folder]" in bench.run(code=2)
    finally:
        subprocess.run(["umount", folder], check=True)


def test_checkpoints_stay_within_their_room_and_the_best_one_is_there(bench: Bench) -> None:
    room, one = 350_000, 100_000
    bench.write(
        LARGE,
        params={"bytes": one},
        budget={"trials": 10},
        checkpoints={"every_seconds": 0, "keep": 5, "max_gigabytes": room / 1e9},
    )
    most = 0
    with bench.driving() as driver:
        while driver.is_running:
            most = max(most, size(bench))
        assert driver.wait(1) == 0, driver.said()
    store = bench.stored.checkpoints
    best = max(bench.records(), key=lambda record: record.values)
    assert store.steps(best.number) == [best.best_step]
    assert one < size(bench) <= room
    # two trials: what each drops goes after what came is safe, and its next one comes meanwhile
    assert most < room + 4.5 * one
    assert "max_gigabytes" not in driver.said()
    bench.run("--local", "--set", "budget.trials=12")
    assert store.steps(max(bench.records(), key=lambda record: record.values).number)
    assert size(bench) <= room


def size(bench: Bench) -> int:
    """Return the bytes of all checkpoints, also of one that is being written."""
    with suppress(OSError):  # one that goes while it is looked at
        files = list(bench.paths.trials.glob("*/checkpoints/**/*"))
        return sum(file.stat().st_size for file in files if file.is_file())
    return 0


def test_a_disk_that_is_full_for_mlflow_does_not_touch_the_search(
    bench: Bench, tmp_path: Path
) -> None:
    store, gates = bench.folder / "store", bench.folder / "gates"
    store.mkdir()
    gates.mkdir()
    mount(store, "size=4m")
    try:
        bench.write(
            GATED,
            params={"steps": 10, "gates": str(gates)},
            budget={"trials": 12},
            tracking={"uri": f"sqlite:///{store / 'mlflow.db'}"},
        )
        with bench.driving() as driver:
            open_gates(gates, 0, 1)
            driver.wait_for(r"trial \d+ complete", count=2)
            with filled(store):
                open_gates(gates, 2, 3, 4)
                driver.wait_for("the search continues without it")
                open_gates(gates, *range(5, 11))
                driver.wait_for(r"trial \d+ complete", count=11)
                open_gates(gates, 11)
            assert driver.wait(150) == 0, driver.said()
            assert "answers again" in driver.said()
        shutil.copy(store / "mlflow.db", bench.folder / "mlflow.db")
    finally:
        subprocess.run(["umount", store], check=True)
    assert [record.state for record in bench.records()] == [TrialState.COMPLETE] * 12
    assert compare(bench).is_clean, compare(bench)
