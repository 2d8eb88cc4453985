"""A whole search on every store: run, resumed, looked at, confirmed, reported, removed."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from hpsearch import usecases
from hpsearch.common.errors import UserError
from hpsearch.common.trial import TrialState
from hpsearch.display.live_table import choose_display
from hpsearch.experiment import dump_yaml
from hpsearch.store import documents
from hpsearch.usecases import Result, Source, StudySummary
from hpsearch.usecases.summary import kept_summary
from tests.contract.stores import Open
from tests.support import make_experiment, write_trainables

Run = Callable[..., Result]

EACH = [
    "folder",
    "memory",
    *(pytest.param(one, marks=pytest.mark.slow) for one in ("bucket", "s3")),
]
pytestmark = pytest.mark.parametrize("stores", EACH, indirect=True)


@pytest.fixture
def run(stores: Open, empty_mlflow: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run an experiment of so many trials, in this process."""
    write_trainables(tmp_path)
    shutil.copy(empty_mlflow, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")

    def run(trials: int, function: str = "quadratic", *, fresh: bool = False) -> Result:
        experiment = make_experiment(function, budget={"trials": trials}, pruner={"type": "none"})
        file = tmp_path / "e.yaml"
        file.write_text(dump_yaml(experiment.model_dump(mode="json")))
        display = choose_display(quiet=True)
        source, store = Source.read(file), stores().study("sample")
        return usecases.run(source, display, store=store, local=True, fresh=fresh)

    return run


def test_a_search_is_run_resumed_looked_at_confirmed_and_removed(run: Run, stores: Open) -> None:
    assert len(run(2).records) == 2
    found = run(3)
    assert found.best is not None and found.unrecorded == []
    assert found.store.checkpoints.steps(found.best.number) == [found.best.best_step]
    view = usecases.look(stores(), "sample")
    assert kept_summary(view.store) == StudySummary.of(view)
    assert [one.state for one in view.records] == [TrialState.COMPLETE] * 3
    assert view.best == found.best and view.standing == "finished"
    report = usecases.report(view, output=None, force=False)
    assert view.store.read(documents.REPORT) and report.address == view.store.locate("report.html")
    display = choose_display(quiet=True)
    confirmed = usecases.confirm(view, display, top=1, seeds=2, local=True)
    assert confirmed.final is not None
    assert [one.exists() for one in view.store.confirmations()] == [True]
    with usecases.removing(stores(), ["sample"], keep_runs=False) as (removal,):
        assert removal.size > 0 and removal.trainings == 2
        removal.carry_out()
    assert stores().names() == []


def test_a_fresh_search_leaves_the_one_before_under_another_name(run: Run, stores: Open) -> None:
    before = run(2).records
    after = run(1, fresh=True).records
    other, name = sorted(stores().names(), key=len, reverse=True)
    assert name == "sample" and len(after) == 1
    assert usecases.look(stores(), other).records == before


def test_another_experiment_is_refused_unless_no_trial_is_finished(run: Run) -> None:
    run(1)
    with pytest.raises(UserError, match="study-changed"):
        run(1, "worse_at_the_end")


def test_bad_input_leaves_no_study(run: Run, stores: Open, tmp_path: Path) -> None:
    (tmp_path / "samples.py").write_text(
        "from dataclasses import dataclass\n"
        "@dataclass(frozen=True)\n"
        "class Params:\n    x: float = 0.0\n"
        "raise RuntimeError('on import')\n"
        "def quadratic(params: Params, trial): ...\n"
    )
    with pytest.raises(UserError, match="on import"):
        run(1)
    study = stores().study("sample")
    assert stores().names() == [] and study.size() == 0 and not study.lease().is_held()


def test_files_with_artifacts_reach_mlflow(run: Run, tmp_path: Path) -> None:
    assert run(1, "leaves_files").unrecorded == []
    (note,) = (tmp_path / "mlruns").rglob("note.txt")
    assert note.read_text() == "trial 0"
