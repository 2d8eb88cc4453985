"""One search, its driver killed fifty times: in its start, amid the search, while it publishes."""

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import safetensors.torch
import torch
from mlflow import MlflowClient

from hpsearch.common.goal import Goal, best_record
from tests.faults.harness import TRAINABLE, Bench, Driver
from tests.faults.torture import Torture

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(3600),
    pytest.mark.filterwarnings("ignore"),  # MLflow in this process warns of its own libraries
]


class FiftyKills:
    """One search, with its model published now and then, whose driver is killed again and again."""

    def __init__(self, folder: Path) -> None:
        self.bench = Bench(folder, register=True)
        self.bench.write(WITH_MODEL, params={"steps": 6, "pause": 0.05})
        self.chance = random.Random(50)
        self.account = Torture(self.bench, self.chance)

    def kill(self, moment: Callable[[Driver], None], *words: str) -> None:
        """Start a driver and kill it at a moment; it counts where the driver was alive by then."""
        with self.bench.driving(*words) as driver:
            moment(driver)
            self.account.kills["driver"] += driver.is_running
        self.account.remember()

    def at_any_moment(self, driver: Driver) -> None:
        time.sleep(self.chance.uniform(0.1, 6))

    def while_it_searches(self, driver: Driver) -> None:
        driver.wait_for(r"trial \d+ started", seconds=120)
        time.sleep(self.chance.uniform(0, 1.5))

    def between_journal_and_mlflow(self, driver: Driver) -> None:
        driver.wait_for(r"trial \d+ started", seconds=120)
        with self.locked_mlflow():
            complete = driver.said().count(" complete")
            driver.wait_for(r"trial \d+ complete", count=complete + 2)
            driver.kill()
        self.account.kills["driver"] += 1

    def while_it_publishes(self, driver: Driver) -> None:
        driver.wait_for("registering the model", seconds=120)
        time.sleep(self.chance.uniform(0, 2.5))

    @contextmanager
    def locked_mlflow(self) -> Iterator[None]:
        locked = sqlite3.connect(self.bench.folder / "mlflow.db", timeout=240, isolation_level=None)
        try:
            locked.execute("BEGIN EXCLUSIVE")
            yield
        finally:
            locked.close()


SAVE = 'save = lambda folder: (folder / "model.safetensors").write_bytes(WEIGHTS) and ('
WITH_MODEL = f"""\
WEIGHTS = {safetensors.torch.save(torch.nn.Linear(1, 1).state_dict())!r}

{TRAINABLE.replace("save = lambda folder: (", SAVE)}

def build_model(params):
    import torch
    return torch.nn.Linear(1, 1)


def example_input():
    import torch
    return torch.zeros(2, 1)
"""


def test_a_driver_killed_at_fifty_moments_of_one_search_loses_nothing(tmp_path: Path) -> None:
    """Most drivers run in one process, which starts sooner; every fifth has Ray."""
    it = FiftyKills(tmp_path / "work")
    moments = [it.at_any_moment, it.while_it_searches, it.between_journal_and_mlflow]
    while it.account.kills["driver"] < 50:
        count = it.account.kills["driver"]
        trials = ["--set", "budget.trials=10000"]
        it.kill(moments[count % 3], *trials, *["--local"] * (count % 5 > 0))
        if count % 5 == 4:  # as many trials as there are: the best model is published
            trials = ["--set", f"budget.trials={len(it.bench.records())}"]
            it.kill(it.while_it_publishes, *trials, "--local")
    it.account.finish()
    assert it.account.report()
    client = MlflowClient(f"sqlite:///{it.bench.folder / 'mlflow.db'}")
    best = best_record(it.bench.records(), (Goal("value", "maximize"),))
    champion = client.get_model_version_by_alias("faulty", "champion")
    assert best is not None and champion.tags["hpsearch.trial"] == str(best.number)
    versions = client.search_model_versions("name='faulty'")
    assert len({version.run_id for version in versions}) == len(versions)  # none twice
