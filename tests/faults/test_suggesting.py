"""A driver killed while it takes up a suggestion: it is tried, and tried once."""

import os
import signal
import subprocess
import sys

import pytest
from mlflow import MlflowClient

from hpsearch.common.trial import TrialState
from hpsearch.store.suggestions import add_suggestion, waiting_suggestions
from tests.faults.harness import MARK, Bench, compare

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(800),
    pytest.mark.filterwarnings("ignore"),  # MLflow in this process warns of its own libraries
]

DRIVER = """
import os, signal, sys
from hpsearch.cli.app import main
from hpsearch.store.folder import FolderStudy
from hpsearch.strategies.journal import Journal

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

{place} = die
main(["run", "experiment.yaml", "--local", "--no-register"])
"""
"""A driver that is killed at a place in the code."""


@pytest.mark.parametrize(
    ("place", "tried"),
    [("Journal.commit", 0), ("FolderStudy.discard", 1)],
)
def test_a_suggestion_is_tried_once_wherever_the_driver_was_killed(
    bench: Bench, place: str, tried: int
) -> None:
    bench.run("--local", "--set", "budget.trials=1")
    add_suggestion(bench.stored, {"x": 0.25})
    bench.environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    killed = subprocess.run(
        [sys.executable, "-c", DRIVER.format(place=place)],
        cwd=bench.folder,
        env={**os.environ, **bench.environment, MARK: bench.mark},
        check=False,
        timeout=400,
    )
    assert killed.returncode == -signal.SIGKILL
    assert len(waiting_suggestions(bench.stored)) == 1
    assert sum(record.suggested for record in bench.records()) == tried
    bench.run("--local", "--set", "budget.trials=4")
    records = bench.records()
    assert [record.suggested for record in records] == [False, True, False, False]
    assert records[1].params["x"] == 0.25
    assert {record.state for record in records} == {TrialState.COMPLETE}
    assert waiting_suggestions(bench.stored) == []
    assert compare(bench).is_clean, compare(bench)
    client = MlflowClient(f"sqlite:///{bench.folder / 'mlflow.db'}")
    place_of_runs = client.get_experiment_by_name("faulty")
    assert place_of_runs is not None
    marked = "tags.`hpsearch.suggested` = 'true'"
    (run,) = client.search_runs([place_of_runs.experiment_id], marked)
    assert run.data.params["x"] == "0.25"
