"""A command whose Python script calls `hpsearch.report`."""

from pathlib import Path

import pytest

from hpsearch.common.trial import TrialState
from tests.processes import wait_until_dead
from tests.unit.test_command import EAGER, STOPPED, Commands, curve

REPORTS = """
import os, signal, hpsearch
from pathlib import Path
trial = hpsearch.trial()
print("x" * 300_000, flush=True)
for step in range(trial.start_step, 4):
    def save(folder):
        print("y" * 300_000, flush=True)
        (folder / "step").write_text(str(step))
    hpsearch.report(step, {"value": trial.start_step, "x": trial.params["x"]}, checkpoint=save)
    if step == 1 and not Path("killed").exists():
        Path("killed").touch()
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def bench(tmp_path: Path) -> Commands:
    return Commands(tmp_path / "bench")


def test_a_killed_script_resumes_from_the_checkpoint_that_it_reported(bench: Commands) -> None:
    (record,) = bench.run_command(REPORTS, metrics=None, **EAGER)
    assert record.attempt == 2 and record.state is TrialState.COMPLETE
    assert curve(record) == [(0, 0.0), (1, 0.0), (2, 2.0), (3, 2.0)]
    assert {m.metrics["x"] for m in record.measurements} == {record.params["x"]}


def test_a_stopped_script_ends_by_itself_before_anybody_sends_it_a_signal(bench: Commands) -> None:
    text = """
import hpsearch, os, time
try:
    for step in range(9): hpsearch.report(step, {"value": 0})
finally:
    time.sleep(1); open("ended", "w").write("in order")
"""
    (record,) = bench.run_command(text, metrics=None, pruner=STOPPED)
    assert record.state is TrialState.PRUNED
    assert (bench.folder / "ended").read_text() == "in order"


def test_a_script_that_goes_on_although_it_was_stopped_is_killed(bench: Commands) -> None:
    text = """
import hpsearch, os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open("pids", "w").write(str(os.getpid()))
for step in range(10**6):
    try: hpsearch.report(step, {"value": 0})
    except BaseException: time.sleep(0.1)
"""
    (record,) = bench.run_command(text, metrics=None, pruner=STOPPED, grace_seconds=0.4)
    assert record.state is TrialState.PRUNED
    wait_until_dead(int((bench.folder / "pids").read_text()))


def test_a_script_that_reports_and_prints_its_metrics_too_is_not_called_silent(
    bench: Commands,
) -> None:
    text = "import hpsearch; hpsearch.report(0, {'value': 1}); print('no JSON')"
    (record,) = bench.run_command(text)
    assert record.state is TrialState.COMPLETE


def test_a_script_that_reports_nothing_fails_as_a_function_does(bench: Commands) -> None:
    record = bench.failing_command("print('done')", metrics=None)
    assert record.reason == "it returned without a report of `value`; it reported nothing"
