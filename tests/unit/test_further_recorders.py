"""`tracking: {also: […]}`: what an experiment may name, and that a search records there."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import hpsearch
from hpsearch import Float, Study, Trial, UserError
from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.experiment import Experiment
from hpsearch.tracking import StudyCard, further, further_recorders, recorder_faults
from hpsearch.usecases import Source, validate
from tests.contract.recorders import wait_until

NAMES = ("tensorboard", "wandb")


def train(params: dict[str, Any], trial: Trial) -> None:
    trial.report(1, {"loss": params["x"]})


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, empty_mlflow: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mlflow.db").write_bytes(empty_mlflow.read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HPSEARCH_STUDIES", raising=False)
    monkeypatch.setenv("WANDB_MODE", "offline")
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
    before = files(place)
    assert len(before) == 2
    run(name, trials=3)  # resumed: the first two are not written again
    assert before < files(place) and len(files(place)) == 3
    run(name, studies="memory://")
    assert len(files(Path("recorded/also", name))) == 2


def files(place: Path) -> set[Path]:
    """Return the files of trials: TensorBoard's, or W&B's."""
    return {*place.glob("trial-*/*tfevents*"), *place.glob("offline-run-*/*.wandb")}


@pytest.mark.skipif(find_spec("wandb") is None, reason="wandb is not installed")
@pytest.mark.parametrize(
    ("variable", "value", "code"),
    [("WANDB_MODE", "online", "no-wandb-key"), ("WANDB_MODE", "odd", "unusable-recorder")],
)
def test_settings_with_which_wandb_cannot_write_are_a_fault_before_the_first_trial(
    variable: str, value: str, code: str, folder: Path
) -> None:
    script = (
        "import hpsearch; from hpsearch.tracking import StudyCard, further_recorders as further;"
        " from pathlib import Path\n"
        "card = StudyCard(id='1', name='a', experiment='a', goals=(), resolved_yaml='')\n"
        "(one,) = further(['wandb'], card, Path, print)\n"
        "try: one.open()\n"
        "except hpsearch.UserError as error: print(error)"
    )
    own = {"HOME": str(folder), "WANDB_API_KEY": "", variable: value}
    environment = {name: text for name, text in (os.environ | own).items() if text}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert f"error[{code}]" in done.stdout


@pytest.mark.parametrize(("name", "part"), [("tensorboard", "_start"), ("wandb", "_plain")])
def test_what_is_refused_is_tried_a_few_times_and_holds_up_no_other_trial(
    name: str, part: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if find_spec(name) is None:
        pytest.skip(f"{name} is not installed: pip install 'hpsearch[{name}]'")
    module = import_module(f"hpsearch.tracking.{name}")
    real, calls = getattr(module, part), []

    def refuse(given: Any) -> Any:
        if getattr(given, "number", given) == 0:
            calls.append(given)
            raise ValueError("no such value")
        return real(given)

    monkeypatch.setattr(module, part, refuse)
    notices: list[str] = []
    card = StudyCard(id="1", name="a", experiment="a", goals=(), resolved_yaml="")
    (recorder,) = further_recorders([name], card, Path, notices.append)
    recorder.open()
    for number in range(3):
        record = TrialRecord(number, 0, {"x": number}, TrialState.RUNNING, datetime.now(UTC))
        recorder.finished(record.changed(TrialState.COMPLETE, finished=datetime.now(UTC)))
    wait_until(lambda: any("refuses trial 0" in notice for notice in notices))
    assert recorder.close(60.0) == [0] and len(calls) <= 6
    assert len(files(Path(name))) == 2
