"""Unfriendly paths, homes and clocks; and what others on the machine may read."""

import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hpsearch.common.trial import TrialState
from tests.faults.harness import TRAINABLE, Bench, compare

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(800),
    pytest.mark.filterwarnings("ignore"),  # MLflow in this process warns of its own libraries
]

WEIRD = 'a "quoted" folder, it\'s 100%25 odd\nwith $HOME, `ls` and ünïcode'
SMALL: dict[str, Any] = {"params": {"steps": 2, "pause": 0.0}, "budget": {"trials": 2}}


def check(bench: Bench, trials: int = 2) -> None:
    assert [record.state for record in bench.records()] == [TrialState.COMPLETE] * trials


def test_a_folder_of_any_name_will_do(tmp_path: Path) -> None:
    bench = Bench(tmp_path / WEIRD)
    bench.write(**SMALL)
    bench.run()
    check(bench)
    bench.run("--set", "budget.trials=3")
    check(bench, trials=3)
    assert compare(bench).is_clean
    assert list(bench.folder.glob("mlruns/**/experiment.yaml"))  # MLflow's files are there, too
    bench.wait_until_nothing_is_left()


def test_a_study_that_was_moved_goes_on_where_it_is(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "before")
    bench.write(**SMALL)
    bench.run()
    bench.folder.rename(tmp_path / "after")
    bench.folder = tmp_path / "after"
    bench.run("--set", "budget.trials=3")
    check(bench, trials=3)
    assert compare(bench).is_clean
    bench.wait_until_nothing_is_left()


def test_a_study_behind_a_link_is_the_same_study(bench: Bench, tmp_path: Path) -> None:
    (elsewhere := tmp_path / "elsewhere").mkdir()
    (bench.folder / "studies").symlink_to(elsewhere)
    bench.write(**SMALL)
    bench.run()
    bench.run("--studies", str(elsewhere), "--set", "budget.trials=3")
    check(bench, trials=3)
    assert compare(bench).is_clean


def test_no_home_is_needed(bench: Bench) -> None:
    bench.environment["HOME"] = "/proc/nowhere"
    bench.write(**SMALL)
    bench.run()
    check(bench)


def test_nobody_else_may_read_the_token_or_the_study(bench: Bench, tmp_path: Path) -> None:
    (home := tmp_path / "home").mkdir()
    bench.environment["HOME"] = str(home)
    bench.write(**SMALL)
    bench.run()
    token = home / ".ray" / "auth_token"
    assert mode(token) == 0o600 and mode(token.parent) == 0o700
    assert len(token.read_text()) == 64
    assert mode(bench.paths.root) == 0o700
    files = [path for path in bench.paths.root.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"journal.log", "experiment.yaml", "state.json"}
    assert {path.name: oct(mode(path)) for path in files if mode(path) != 0o600} == {}


SECRET = "hunter2-is-a-secret"


def test_a_secret_reaches_no_log_no_run_and_no_report(bench: Bench) -> None:
    bench.write(params={"steps": 2, "pause": 0.0, "api_key": SECRET}, budget={"trials": 2})
    said = bench.run("--local")
    check(bench)
    for words in (["show", "faulty"], ["show", "faulty", "--json"], ["report", "faulty"]):
        command = [sys.executable, "-m", "hpsearch", *words]
        done = subprocess.run(command, cwd=bench.folder, capture_output=True, text=True, check=True)
        said += done.stdout + done.stderr
    assert SECRET not in said
    held = [path for path in bench.folder.rglob("*") if path.is_file()]
    told = [path.name for path in held if SECRET.encode() in path.read_bytes()]
    assert sorted(told) == ["experiment.yaml", "experiment.yaml"]  # the person's own, the study's
    assert any("***" in path.read_text() for path in bench.folder.glob("mlruns/**/*.yaml"))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_search_listens_on_this_machine_alone_and_has_no_dashboard(bench: Bench) -> None:
    bench.write(params={"steps": 40, "pause": 0.1})
    with bench.driving() as driver:
        driver.wait_for(r"trial \d+ started")
        listening = {address for pid in bench.processes() for address in listens(pid)}
        assert not driver.pids("--include-dashboard=true")
        driver.kill()
    assert listening
    assert all(address.endswith("0100007F") for address in listening), listening


def listens(pid: int) -> set[str]:
    """Return the addresses, as the kernel writes them, on which a process listens."""
    found = set()
    for table in ("tcp", "tcp6"):
        try:
            links = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]
            lines = Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
        except OSError:
            continue
        rows = [line.split() for line in lines]
        listening = [row for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in links]
        found |= {row[1].partition(":")[0] for row in listening}
    return found


CLOCK = """

import datetime
import time
from hpsearch.strategies import proposals  # the driver's own, which is in this process
from optuna.storages.journal import _storage

true_time = time.time
hours = {hours}


class Clock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(time.time(), tz)


def set_by(off):
    time.time = lambda: true_time() + 3600 * off
    _storage.datetime = proposals.datetime = Clock


train_as_ever = train

def train(params, trial):
    set_by(hours[trial.number])
    train_as_ever(params, trial)
    set_by(hours[trial.number + 1])
"""


@pytest.mark.parametrize("hours", [[0, 1, 0, 1, 0], [0, -1, -2, -1, -3]])
def test_a_clock_that_is_set_by_an_hour_changes_nothing_but_the_times(
    bench: Bench, hours: list[int]
) -> None:
    """Seen from within the driver: the clock of a shared machine is not ours to set."""
    bench.write(
        TRAINABLE + CLOCK.format(hours=hours),
        params={"steps": 3, "pause": 0.02},
        budget={"trials": 4, "minutes": 30},
    )
    bench.run("--local")
    check(bench, trials=4)
    records = bench.records()
    offsets = [round((r.started - records[0].started) / timedelta(hours=1)) for r in records]
    assert offsets == [hour - hours[0] for hour in hours[:4]]  # the clock was set, in truth
    for record in records:
        assert record.finished is not None and record.started <= record.finished
        assert record.seconds < 60 and record.search_seconds < 600  # on the monotonic clock
    assert compare(bench).is_clean, compare(bench)
