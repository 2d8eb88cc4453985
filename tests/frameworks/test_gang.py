"""Lightning's DDP with the workers of a trial: it uses their processes and starts none."""

from pathlib import Path

import pytest

from hpsearch.common.trial import TrialRecord, TrialState
from tests.faults.harness import Bench
from tests.frameworks.examples import EXAMPLES, FOLDER, need

pytestmark = [
    pytest.mark.frameworks,
    pytest.mark.timeout(2400),
    pytest.mark.filterwarnings("ignore"),  # the frameworks warn of each other
]

(LIGHTNING,) = [example for example in EXAMPLES if example.package == "lightning"]


def searched(folder: Path, pruner: dict[str, object]) -> list[TrialRecord]:
    """Search with two workers a trial, one trial at a time."""
    bench = Bench(folder)
    resources = {"workers_per_trial": 2, "cpus_per_trial": 0.5, "gpus_per_trial": 0}
    given = LIGHTNING.sections(resources={**resources, "parallel_trials": 1}, pruner=pruner)
    del given["name"], given["trainable"]
    bench.write((FOLDER / f"{LIGHTNING.name}.py").read_text(), **given)
    bench.run(seconds=400)
    return bench.records()


def curve(record: TrialRecord) -> list[tuple[int, float]]:
    return [(m.step, m.metrics["val_accuracy"]) for m in record.measurements]


def test_a_gang_that_asha_paused_and_promoted_ends_as_the_unbroken_one(tmp_path: Path) -> None:
    need("lightning")
    whole = searched(tmp_path / "whole", {"type": "none"})
    assert [record.state for record in whole] == [TrialState.COMPLETE] * 4
    rungs = {"type": "asha", "min_resource": LIGHTNING.rung, "reduction_factor": 2}
    stopped = searched(tmp_path / "stopped", rungs)
    assert any(record.attempt > 1 for record in stopped)
    assert TrialState.PRUNED in {record.state for record in stopped}
    for record, unbroken in zip(stopped, whole, strict=True):
        assert curve(record) == curve(unbroken)[: len(record.measurements)]
