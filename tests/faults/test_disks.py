"""Full disks and folders that cannot be written: a small tmpfs, and one that is read-only."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hpsearch.trial import TrialState
from tests.faults.harness import Bench, compare

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("ignore"),  # MLflow in this process warns of its own libraries
    pytest.mark.skipif(os.geteuid() != 0, reason="mounts a tmpfs: needs root"),
]

LARGE = """\
import os

def train(params, trial):
    for step in (1, 2):
        save = lambda folder: (folder / "weights").write_bytes(os.urandom(params["bytes"]))
        trial.report(step, {"value": step + params["x"]}, checkpoint=save)
"""


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


def mount(folder: Path, options: str) -> None:
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, check=False
    )
    if done.returncode != 0:
        pytest.skip(f"no mount here: {done.stderr.decode()}")


def test_a_search_goes_on_without_a_checkpoint_that_does_not_fit(
    bench: Bench, small_disk: Path
) -> None:
    bench.write(LARGE, params={"bytes": 3_000_000})
    said = bench.run()
    assert said.count("checkpoints cannot be kept") == 1
    records = bench.records()
    assert [record.state for record in records] == [TrialState.COMPLETE] * 6
    assert all(len(record.measurements) == 2 for record in records)
    assert not [path for path in small_disk.rglob("*") if path.name.startswith(".step")]
    assert compare(bench).is_clean


def test_a_full_disk_stops_the_search_and_room_lets_it_go_on(
    bench: Bench, small_disk: Path
) -> None:
    bench.write(
        LARGE.replace("for step", "time.sleep(0.2)\n    for step").replace("os", "os, time", 1),
        params={"bytes": 1000},
        checkpoints={"every_seconds": 0, "keep": 1},
        budget={"trials": 20},
    )
    filling = small_disk / "filling"
    with bench.driving() as driver:
        driver.wait_for(r"trial \d+ complete", count=2)
        with filling.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
            while True:
                file.write(bytes(4096))
        assert driver.wait(60) == 1, driver.said()
        assert "error[unwritable-journal]" in driver.said() and "No space left" in driver.said()
    before = [record for record in bench.records() if record.state.is_finished]
    assert 2 <= len(before) < 20
    assert "error[unwritable-folder]" in bench.run(code=2)  # not before there is room
    filling.unlink()
    bench.run()
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
