"""A population whose driver is killed amid its training goes on from the journal alone."""

import pytest
from mlflow import MlflowClient

from hpsearch.common.trial import TrialState
from tests.faults.harness import Bench, compare, wait_for

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(1600),
    pytest.mark.filterwarnings("ignore"),  # MLflow in this process warns of its own libraries
]


def test_a_killed_population_goes_on_and_mlflow_has_who_came_from_whom(bench: Bench) -> None:
    bench.write(
        sampler={"type": "pbt", "population": 4, "interval": 3},
        pruner={"type": "auto"},
        budget={"trials": 6},
    )
    with bench.driving() as driver:
        driver.wait_for(r"trial \d+ started", seconds=120)
        wait_for(lambda: any(r.parent is not None for r in bench.records()), 120, driver.said)
        driver.kill()
    bench.run(seconds=180)
    records = bench.records()
    states = [record.state for record in records]
    assert states.count(TrialState.COMPLETE) == 4 and states.count(TrialState.PRUNED) == 2
    copies = [record for record in records if record.parent is not None]
    assert len(copies) == 2
    for copy in copies:
        steps = [m.step for m in copy.measurements if m.source == "reported"]
        assert steps == [*range(copy.from_step + 1, (copy.last_step or 0) + 1)]
    found = compare(bench)
    assert found.is_clean, found
    client = MlflowClient(f"sqlite:///{bench.folder / 'mlflow.db'}")
    experiment = client.get_experiment_by_name(bench.name)
    assert experiment is not None
    tags = [run.data.tags for run in client.search_runs([experiment.experiment_id])]
    said = {(t["hpsearch.trial"], t["hpsearch.parent"]) for t in tags if "hpsearch.parent" in t}
    assert said == {(str(copy.number), str(copy.parent)) for copy in copies}
