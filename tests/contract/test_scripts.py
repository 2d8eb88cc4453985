"""Scripts that call `hpsearch.report` are searched: stopped, paused, lost and resumed."""

from pathlib import Path

import pytest

from hpsearch.common.trial import TrialRecord, TrialState
from tests.support import Bench

SCRIPT = """
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
finally:
    (trial.artifacts / "ended").touch()
"""

CODE = f"""
from tests.scripts import run_script
from hpsearch import TrialStopped

def train(params, trial):
    ran = run_script(trial, {SCRIPT!r}, params=params)
    if ran.stops:
        raise TrialStopped(ran.stops[0])
    assert ran.code == 0, ran.errors
"""


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def began(record: TrialRecord) -> set[float]:
    """Return the steps at which the attempts of a trial began."""
    return {m.metrics["first"] for m in record.measurements}


def test_a_script_is_stopped_and_ends_by_itself(bench: Bench) -> None:
    records = bench.run_code(CODE, pruner={"type": "threshold", "upper": 0.0})
    pruned = [one for one in records if one.state is TrialState.PRUNED]
    assert pruned and all("threshold" in one.reason for one in pruned)
    for one in pruned:
        with bench.stored.artifacts.folder(one.number) as folder:
            assert folder is not None and (folder / "ended").exists()


def test_a_script_that_was_lost_resumes_from_its_checkpoint_and_reaches_the_same_value(
    bench: Bench, tmp_path: Path
) -> None:
    (unbroken,) = Bench(tmp_path / "unbroken").run_code(CODE, budget={"trials": 1}, seed=3)
    (lost,) = bench.run_code(CODE, lost=[8], budget={"trials": 1}, seed=3)
    assert began(unbroken) == {0.0} and len(began(lost)) == 2
    assert unbroken.value is not None and lost.value == pytest.approx(unbroken.value)


def test_a_script_that_asha_pauses_and_promotes_reaches_the_value_of_an_unbroken_one(
    bench: Bench,
) -> None:
    asha = {"type": "asha", "min_resource": 2, "reduction_factor": 2}
    records = bench.run_code(CODE, pruner=asha, budget={"trials": 20})
    promoted = [one for one in records if len(began(one)) > 1]
    assert promoted
    for one in promoted:
        x, last = one.params["x"], one.measurements[-1]
        assert isinstance(x, float)
        assert last.metrics["value"] == pytest.approx((last.step + 1) * x)
