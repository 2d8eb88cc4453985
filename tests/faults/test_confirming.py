"""A confirmation whose driver is killed goes on: every training once, one look, one champion."""

import random
import time
import uuid
from collections import Counter
from pathlib import Path

import pytest
from mlflow import MlflowClient

from hpsearch.common.trial import TrialState
from hpsearch.experiment import read_experiment
from hpsearch.strategies import read_study
from tests.faults.harness import Bench
from tests.faults.test_publishing import MODEL

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(2400),
    pytest.mark.filterwarnings("ignore"),  # MLflow in this process warns of its own libraries
]

FINAL = """

def train_final(params, trial):
    train({"x": 1.0}, type("Final", (), {
        "seed": trial.seed,
        "report": lambda self, step, metrics, checkpoint: trial.report(
            step, {"progress": 1.0}, checkpoint=checkpoint
        ),
    })())


def evaluate(model, params, device):
    return {"accuracy": 0.75, "examples": 100}
"""


TICKETS = """\
tickets = Path(__file__).with_name(os.environ["TICKETS"])
    while not (tickets / "free").exists() and not taken(tickets):
        time.sleep(0.05)"""
"""A training waits for a ticket, or until all are free; each driver has a folder of its own."""

TAKEN = """

import os


def taken(tickets):
    try:
        (tickets / "one").unlink()
    except FileNotFoundError:
        return False
    return True
"""


def give(bench: Bench, *tickets: str) -> None:
    """Give the next driver's trainings tickets; those of one that was killed take none."""
    name = uuid.uuid4().hex
    bench.environment["TICKETS"] = name
    (bench.folder / name).mkdir()
    for ticket in tickets:
        (bench.folder / name / ticket).touch()


def test_a_confirmation_killed_at_any_moment_ends_as_an_unbroken_one(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "work", register=True)
    code = MODEL.replace("time.sleep(1)", TICKETS) + FINAL + TAKEN
    bench.write(code, params={}, budget={"trials": 3})
    give(bench, "free")
    bench.run(seconds=150)
    verb = ("confirm", "faulty", "--top", "3", "--seeds", "3")
    chance = random.Random(3)
    for tickets, said in (
        ([], r"trial 1 started"),
        (["one"], r"trial \d complete"),
        (["one"], r"trial \d complete"),
        (["free"], "evaluating"),
    ):
        give(bench, *tickets)
        with bench.driving(verb=verb) as driver:
            driver.wait_for(said, seconds=120)
            time.sleep(chance.uniform(0.0, 2.0))  # then it is killed, on leaving
    give(bench, "free")
    bench.run(verb=verb, seconds=150)
    bench.wait_until_nothing_is_left()
    stored, experiment = bench.stored.part("confirmation"), read_experiment(bench.paths.experiment)
    records = read_study(stored, experiment)
    assert {record.state for record in records} == {TrialState.COMPLETE}
    pairs = Counter((record.repeats, record.seed) for record in records)
    assert len(pairs) == 9 and set(pairs.values()) == {1}
    client = MlflowClient(f"sqlite:///{bench.folder / 'mlflow.db'}")
    place = client.get_experiment_by_name("faulty")
    assert place is not None
    runs = client.search_runs([place.experiment_id])
    kinds = Counter(run.data.tags.get("hpsearch.kind") for run in runs)
    assert (kinds["confirmation"], kinds["final"]) == (9, 1)
    values = {
        (run.data.tags["hpsearch.repeats"], run.data.tags["hpsearch.seed"]): run.data.metrics
        for run in runs
        if run.data.tags.get("hpsearch.kind") == "confirmation"
    }
    for record in records:
        found = values[str(record.repeats), str(record.seed)]["objective"]
        assert found == record.values[0]
    versions = client.search_model_versions("name='faulty'")
    assert len(versions) == 2
    champion = client.get_model_version_by_alias("faulty", "champion")
    assert champion.tags["hpsearch.kind"] == "confirmation"
