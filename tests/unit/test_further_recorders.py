"""`tracking: {also: […]}`: what an experiment may name, and that a search records there."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import hpsearch
from hpsearch import Float, Study, Trial, UserError
from hpsearch.experiment import Experiment
from hpsearch.tracking import further, recorder_faults
from hpsearch.usecases import Source, validate

NAMES = ("tensorboard",)


def train(params: dict[str, Any], trial: Trial) -> None:
    trial.report(1, {"loss": params["x"]})


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, empty_mlflow: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mlflow.db").write_bytes(empty_mlflow.read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HPSEARCH_STUDIES", raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    return tmp_path


def run(*names: str, **changes: Any) -> Study:
    given: dict[str, Any] = {
        "name": "also", "space": {"x": Float(0, 1)}, "objective": "minimize loss", "trials": 2,
        "local": True, "register": False, "quiet": True,
    }  # fmt: skip
    return hpsearch.run(train, **given | changes, set={"tracking.also": [*names]})


@pytest.mark.parametrize("name", NAMES)
def test_a_recorder_that_is_not_installed_is_a_fault_of_validate_and_of_run(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(further, "find_spec", lambda package: None)
    (fault,) = recorder_faults([name])
    assert f"pip install 'hpsearch[{name}]'" in fault.fix
    experiment = Experiment(
        name="also", trainable=train, objective="minimize loss", space={"x": Float(0, 1)},
        tracking={"also": [name]},
    )  # fmt: skip
    with pytest.raises(UserError, match="no-recorder"):
        validate(Source.of(experiment))
    with pytest.raises(UserError, match="no-recorder"):
        run(name)
    assert not (folder / "studies").exists()


def test_an_unknown_recorder_is_refused() -> None:
    with pytest.raises(UserError, match="also"):
        run("comet")


@pytest.mark.parametrize("name", NAMES)
def test_a_search_records_all_its_trials_in_a_folder_of_the_study(name: str, folder: Path) -> None:
    if find_spec(name) is None:
        pytest.skip(f"{name} is not installed: pip install 'hpsearch[{name}]'")
    run(name, name)  # named twice: once
    place = folder / "studies" / "also" / name
    before = {file: file.read_bytes() for file in place.rglob("*") if file.is_file()}
    assert len([file for file in before if "tfevents" in file.name]) == 2
    run(name, trials=3)  # goes on: the first two stay as they are
    assert all(file.read_bytes() == data for file, data in before.items())
    assert len(list(place.glob("trial-*"))) == 3
    run(name, trials=4, studies="memory://")
    assert len(list(Path("recorded/also", name).glob("trial-*"))) == 4
