"""The trainable of the guide to gangs trains with two workers, is paused, and goes on."""

from pathlib import Path

import pytest

from hpsearch.common.trial import TrialState
from tests.docs.pages import DOCS, blocks_of
from tests.faults.harness import Bench

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1600)]


def test_the_trainable_of_the_guide_trains_on_two_workers(tmp_path: Path) -> None:
    (code,) = (b for b in blocks_of(DOCS / "guides" / "gangs.md") if b.language == "python")
    bench = Bench(tmp_path)
    bench.write(
        code.text,
        params={},
        space={"learning_rate": {"type": "float", "low": 0.001, "high": 0.5, "log": True}},
        objective={"metric": "loss", "direction": "minimize"},
        resources={"workers_per_trial": 2, "gpus_per_trial": 0, "parallel_trials": 1},
        pruner={"type": "asha", "min_resource": 2, "reduction_factor": 2},
        suggestions=[{"learning_rate": rate} for rate in (0.3, 0.1, 0.01, 0.001)],  # best first
        budget={"trials": 4},
    )
    bench.run(seconds=300)
    records = bench.records()
    assert {TrialState.COMPLETE, TrialState.PRUNED} == {record.state for record in records}
    assert any(record.attempt > 1 for record in records)
    for record in records:
        steps = [m.step for m in record.measurements]
        assert steps == list(range(len(steps)))
        assert record.state is not TrialState.COMPLETE or steps[-1] == 4
