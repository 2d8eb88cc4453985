"""The report is drawn by a process of its own; where that cannot be, it is drawn all the same."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hpsearch.common.trial import Measurement, TrialRecord
from hpsearch.common.trial import TrialState as State
from hpsearch.store import StudyStore, open_store
from hpsearch.store.folder import FolderStudy
from hpsearch.usecases import StudyView, look_at
from hpsearch.usecases.report import report_files
from hpsearch.usecases.report_process import ReportProcess
from tests.processes import is_alive, wait_until_dead
from tests.unit.test_report import study

__all__ = ["study"]  # a fixture

RECORD = TrialRecord(0, 0, {}, State.RUNNING, datetime.now(UTC))
PICTURES = {
    f"{name}.png" for name in ("cost", "curves", "history", "importance", "parallel", "slices")
}
FILES = {"report.html"} | PICTURES


@pytest.fixture(autouse=True)
def none_was_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a driver that has drawn nothing yet."""
    monkeypatch.delitem(sys.modules, "hpsearch.reports.page", raising=False)


@pytest.fixture
def view(study: Callable[..., FolderStudy]) -> StudyView:
    return look_at(study(20))


@pytest.fixture
def process(view: StudyView) -> Iterator[ReportProcess]:
    with closing(ReportProcess(view.store, trials=20)) as made:
        yield made


def report(process: ReportProcess, step: int = 1) -> None:
    """Let a trial report."""
    process.measured(RECORD, [Measurement(step, {"value": 0.5}, 0.1)])


def children() -> set[int]:
    task = Path(f"/proc/{os.getpid()}/task")
    return {int(pid) for one in task.iterdir() for pid in (one / "children").read_text().split()}


def test_it_begins_with_the_first_report_and_only_once(process: ReportProcess) -> None:
    before = children()
    process.started(RECORD)
    assert children() == before
    report(process, 1)
    (pid,) = children() - before
    report(process, 2)
    assert children() - before == {pid}
    process.close()
    assert not is_alive(pid)


def test_it_draws_all_files_and_this_process_loads_nothing_for_them(
    process: ReportProcess, view: StudyView
) -> None:
    report(process)
    files = process.draw(view)
    assert set(files) == FILES
    assert b"PED-ANOVA" in files["report.html"]
    assert "hpsearch.reports.page" not in sys.modules
    here = report_files(view)
    assert {name: files[name] for name in PICTURES} == {name: here[name] for name in PICTURES}
    assert len(files["report.html"]) == len(here["report.html"])


def test_a_study_that_the_driver_still_holds_is_shown_as_it_is_without_it(
    process: ReportProcess, view: StudyView
) -> None:
    report(process)
    with view.store.lease():
        page = process.draw(view)["report.html"].decode()
    assert f">{view.standing} · as of" in page and view.standing != "running"


@pytest.mark.parametrize("seconds", [None, 0, 3])
def test_what_the_process_cannot_draw_is_drawn_here(
    seconds: float | None, process: ReportProcess, view: StudyView
) -> None:
    before = children()
    report(process)
    (pid,) = children() - before
    if seconds is not None:
        process.begin()
        time.sleep(seconds)
    os.kill(pid, signal.SIGKILL)
    assert set(process.draw(view)) == FILES


def test_what_is_printed_in_the_process_spoils_nothing(
    view: StudyView, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(tmp_path, "sitecustomize.py").write_text("print('a word of the environment', flush=True)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with closing(ReportProcess(view.store, trials=20)) as process:
        report(process)
        assert set(process.draw(view)) == FILES
    assert "hpsearch.reports.page" not in sys.modules  # the process drew it


def test_without_a_report_of_a_trial_it_is_drawn_here(
    process: ReportProcess, view: StudyView
) -> None:
    before = children()
    assert set(process.draw(view)) == FILES
    assert children() == before


@pytest.mark.parametrize("why", ["memory", "drawn"])
def test_no_process_begins_where_it_would_be_of_no_use(why: str, view: StudyView) -> None:
    if why == "drawn":
        import hpsearch.reports.page  # noqa: F401
    store: StudyStore = view.store if why == "drawn" else open_store("memory://").study("sample")
    before = children()
    with closing(ReportProcess(store, trials=20)) as process:
        report(process)
        assert children() == before


def test_it_ends_when_the_driver_is_killed(view: StudyView) -> None:
    script = (
        "import sys, time; from tests.unit import test_report_process as here;"
        "from hpsearch.store import find_study; del sys.modules['hpsearch.reports.page'];"
        "process = here.ReportProcess(find_study(*sys.argv[1:]), 20);"
        "here.report(process); print(*here.children(), flush=True); time.sleep(300)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, view.store.store_address, view.store.name],
        stdout=subprocess.PIPE,
        text=True,
    ) as driver:
        assert driver.stdout is not None
        pid = int(driver.stdout.readline())
        assert is_alive(pid)
        driver.kill()
    wait_until_dead(pid)


def test_a_terminals_ctrl_c_does_not_reach_it(process: ReportProcess, view: StudyView) -> None:
    before = children()
    report(process)
    (pid,) = children() - before
    assert os.getpgid(pid) != os.getpgrp() and os.getsid(pid) == os.getsid(0)


SEARCH = """
import sys, hpsearch
def train(params, trial):
    for step in range(1, 4):
        trial.report(step, {"loss": (params["x"] - 2) ** 2 + 1 / step})
hpsearch.run(train, name="sample", space={"x": hpsearch.Float(-5, 5)},
             objective="minimize loss", trials=12,
             sampler={"type": "tpe"}, pruner={"type": "none"})
print(*[name for name in ("matplotlib", "sklearn", "jinja2") if name in sys.modules])
"""


@pytest.mark.slow
def test_the_driver_of_a_search_loads_nothing_for_the_report(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SEARCH]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
    assert "PED-ANOVA" in (tmp_path / "studies" / "sample" / "report.html").read_text()
