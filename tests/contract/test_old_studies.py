"""A study that an earlier version wrote opens as it is, and is only added to.

`studies/sample` was written before there were stores: three trials, and a confirmation.
"""

import shutil
from pathlib import Path

import pytest

from hpsearch import usecases
from hpsearch.common.files import read_folder
from hpsearch.common.trial import TrialState
from hpsearch.display.live_table import choose_display
from hpsearch.store import open_store
from tests.stored import content
from tests.support import write_trainables

WRITTEN = Path(__file__).parent / "studies"


@pytest.fixture
def studies(empty_mlflow: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(write_trainables(tmp_path))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    shutil.copy(empty_mlflow, tmp_path)
    shutil.copytree(WRITTEN, tmp_path / "studies")
    return tmp_path / "studies"


def test_its_trials_checkpoints_and_confirmation_are_read_and_nothing_is_changed(
    studies: Path,
) -> None:
    before = read_folder(studies)
    view = usecases.look(studies, "sample")
    assert [one.state for one in view.records] == [TrialState.COMPLETE] * 3
    assert view.standing == "finished" and view.best is not None
    assert view.identity.source == "/somewhere/e.yaml"
    for record in view.records:
        assert content(view.store.checkpoints, record.number, 3) == {"step": b"3"}
    (confirmation,) = view.store.confirmations()
    assert confirmation.exists() and confirmation.name == "sample"
    after = read_folder(studies)
    assert {name: after[name] for name in before} == before
    assert after.keys() - before.keys() <= {"sample/driver.lock"}


def test_it_is_resumed_by_adding_to_its_journal(studies: Path) -> None:
    before = read_folder(studies)
    text = (studies / "sample" / "experiment.yaml").read_text()
    Path("e.yaml").write_text(text.replace("trials: 3", "trials: 4").replace("keep: 3", "keep: 9"))
    display = choose_display(quiet=True)
    source, store = usecases.Source.read(Path("e.yaml")), open_store(studies).study("sample")
    result = usecases.run(source, display, store=store, local=True, register=False)
    assert len(result.records) == 4
    after = read_folder(studies)
    assert after["sample/journal.log"].startswith(before["sample/journal.log"])
    kept = [n for n in before if "/trials/" in n or "/confirm/" in n]
    assert kept and all(after[name] == before[name] for name in kept)
    assert open_store(studies).names() == ["sample"]
