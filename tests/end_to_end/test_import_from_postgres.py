"""`hpsearch import` from an Optuna storage in a real PostgreSQL."""

import json
from pathlib import Path

import optuna
import psycopg
import pytest
from optuna.storages import RDBStorage

from tests.end_to_end.conftest import Command
from tests.postgres import database

pytestmark = [
    pytest.mark.slow,
]

EXPERIMENT = {
    "name": "taken",
    "trainable": "work.py:train",
    "objective": {"metric": "loss", "direction": "minimize"},
    "space": {
        "x": {"type": "float", "low": 0.0, "high": 1.0},
        "kind": {"type": "categorical", "choices": ["a", "b"]},
    },
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "experiment.yaml").write_text(json.dumps(EXPERIMENT))
    (tmp_path / "work.py").write_text("def train(params, trial): return {'loss': params['x']}\n")
    return tmp_path


def objective(trial: optuna.Trial) -> float:
    x = trial.suggest_float("x", 0, 1)
    trial.suggest_categorical("kind", ["a", "b"])
    trial.report(x, 1)
    if trial.number == 1:
        raise optuna.TrialPruned
    if trial.number == 2:
        raise ValueError
    return x


def optuna_study(uri: str, name: str = "theirs") -> float:
    """Write a study and return its best value."""
    storage = RDBStorage(uri)
    study = optuna.create_study(storage=storage, study_name=name)
    study.optimize(objective, n_trials=5, catch=[ValueError])
    best = study.best_value
    study.ask()  # one that still runs
    storage.remove_session()
    storage.engine.dispose()
    return best


def test_finished_trials_are_taken_once(
    folder: Path, postgres_address: str, in_process: Command
) -> None:
    uri = database(postgres_address, "optuna")
    best = optuna_study(uri)
    taken = json.loads(in_process(folder, "import", "experiment.yaml", uri, "--json").stdout)
    assert taken["added"] == 4
    again = json.loads(in_process(folder, "import", "experiment.yaml", uri, "--json").stdout)
    assert (again["added"], again["known"]) == (0, 4)
    shown = json.loads(in_process(folder, "show", "taken", "--json").stdout)
    assert shown["best"]["values"]["loss"] == best
    assert [one["state"] for one in shown["trials"]].count("pruned") == 1


def test_of_several_studies_one_must_be_named(
    folder: Path, postgres_address: str, in_process: Command
) -> None:
    uri = database(postgres_address, "several")
    for name in ("first", "second"):
        optuna_study(uri, name)
    refused = in_process(folder, "import", "experiment.yaml", uri, code=2)
    assert "first" in refused.stderr and "second" in refused.stderr
    in_process(folder, "import", "experiment.yaml", uri, "--study-name", "second")


def test_a_database_of_something_else_is_refused_and_stays_as_it_is(
    folder: Path, postgres_address: str, in_process: Command
) -> None:
    uri = database(postgres_address, "empty")
    refused = in_process(folder, "import", "experiment.yaml", uri, code=2)
    assert "error[no-storage]" in refused.stderr
    with psycopg.connect(uri.replace("+psycopg", "")) as connection:
        tables = connection.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public'")
        assert tables.fetchall() == []


@pytest.mark.parametrize("address", ["127.0.0.1:9/optuna", "{postgres}/missing"])
def test_a_server_or_database_that_is_not_there_is_refused_without_the_password(
    address: str, folder: Path, postgres_address: str, in_process: Command
) -> None:
    place = address.format(postgres=postgres_address)
    uri = f"postgresql+psycopg://tester:hidden-word@{place}"
    refused = in_process(folder, "import", "experiment.yaml", uri, code=2)
    assert "error[unreadable-storage]" in refused.stderr and "hidden-word" not in refused.stderr
    assert not (folder / "studies" / "taken").exists()
