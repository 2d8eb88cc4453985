"""Commands whose script calls `hpsearch.report` are searched: stopped, paused, killed, resumed."""

from pathlib import Path

import pytest

from hpsearch.common.trial import TrialRecord, TrialState
from tests.support import Bench

SCRIPT = """
import os
import signal

import hpsearch

trial = hpsearch.trial()
total = 0.0
if trial.checkpoint is not None:
    total = float((trial.checkpoint / "total").read_text())
try:
    for step in range(trial.start_step, 9):
        total += trial.params["x"]
        hpsearch.report(
            step,
            {"value": total, "first": trial.start_step},
            checkpoint=lambda folder: (folder / "total").write_text(str(total)),
        )
        if trial.params.get("dies_at") == step and trial.start_step == 0:
            os.kill(os.getpid(), signal.SIGKILL)
finally:
    (trial.artifacts / "ended").touch()
"""


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def search(bench: Bench, **sections: object) -> list[TrialRecord]:
    (bench.folder / "script.py").write_text(SCRIPT)
    return bench.run("", trainable={"command": ["python", "script.py"]}, **sections)


def began(record: TrialRecord) -> set[float]:
    """Return the steps at which the attempts of a trial began."""
    return {m.metrics["first"] for m in record.measurements}


def test_a_script_is_stopped_and_ends_by_itself(bench: Bench) -> None:
    records = search(bench, pruner={"type": "threshold", "upper": 0.0})
    pruned = [one for one in records if one.state is TrialState.PRUNED]
    assert pruned and all("threshold" in one.reason for one in pruned)
    for one in pruned:
        with bench.stored.artifacts.folder(one.number) as folder:
            assert folder is not None and (folder / "ended").exists()


def test_a_script_that_is_killed_resumes_and_reaches_the_value_of_an_unbroken_one(
    bench: Bench, tmp_path: Path
) -> None:
    (unbroken,) = search(Bench(tmp_path / "unbroken"), budget={"trials": 1}, seed=3)
    (killed,) = search(bench, budget={"trials": 1}, seed=3, params={"dies_at": 5})
    assert began(unbroken) == {0.0} and began(killed) == {0.0, 6.0}
    assert [m.step for m in killed.measurements] == [*range(9)]
    assert [m.metrics["value"] for m in killed.measurements] == [
        m.metrics["value"] for m in unbroken.measurements
    ]


def test_a_script_that_asha_pauses_and_promotes_reaches_the_value_of_an_unbroken_one(
    bench: Bench,
) -> None:
    asha = {"type": "asha", "min_resource": 2, "reduction_factor": 2}
    records = search(bench, pruner=asha, budget={"trials": 20})
    promoted = [one for one in records if len(began(one)) > 1]
    assert promoted
    for one in promoted:
        x, last = one.params["x"], one.measurements[-1]
        assert isinstance(x, float)
        assert last.metrics["value"] == pytest.approx((last.step + 1) * x)
