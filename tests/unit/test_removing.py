"""`hpsearch rm`: what it says, that it takes that and nothing else, and that it can be cut short.

Against the real MLflow on a SQLite file, with a study and its confirmation.
"""

import json
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException

from hpsearch import usecases
from hpsearch.cli.app import main
from hpsearch.display.live_table import choose_display
from hpsearch.experiment import dump_yaml
from hpsearch.store import open_store
from hpsearch.store.folder import FolderStudy
from hpsearch.tracking.parent import PARENT_TAG, STUDY_ID_TAG
from hpsearch.tracking.saved_view import PREFIX
from hpsearch.usecases import summaries
from hpsearch.usecases.identity import read_identity
from tests.support import make_experiment, write_trainables
from tests.terminal import Terminal

STORED = FolderStudy(Path("studies/sample"))
STUDY = STORED.layout
RUNS = 1 + 3 + 1 + 4  # the study's, its trials', the confirmation's, its trainings'
STRANGER = "a run of somebody else"

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a finished study, its confirmation, a version of a model, and a strange run."""
    folder = write_trainables(tmp_path_factory.mktemp("made"))
    experiment = make_experiment(budget={"trials": 3}, pruner={"type": "none"})
    (folder / "e.yaml").write_text(dump_yaml(experiment.model_dump(mode="json")))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        display = choose_display(quiet=True)
        study = open_store("studies").study("sample")
        usecases.run(usecases.Source.read(Path("e.yaml")), display, store=study, local=True)
        usecases.confirm(usecases.look_at(study), display, top=2, seeds=2, local=True)
        client = store()
        place = client.get_experiment_by_name("sample").experiment_id
        client.create_run(place, run_name=STRANGER)
        client.create_registered_model("sample")
        tags = {STUDY_ID_TAG: read_identity(STORED.part("confirmation")).id}
        client.create_model_version("sample", "s3://there/model", tags=tags)
    yield folder


@pytest.fixture
def folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: a copy of that one."""
    shutil.copytree(made, here := tmp_path / "here")
    monkeypatch.chdir(here)
    for name in ("HPSEARCH_STUDIES", "HPSEARCH_DEBUG", "COLUMNS", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    return here


@pytest.fixture
def call(folder: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run a command in that folder; return its exit code, stdout and stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as exit_:
            main(list(arguments))
        captured = capsys.readouterr()
        return int(exit_.value.code or 0), captured.out, captured.err

    return run


def store() -> MlflowClient:
    return MlflowClient(f"sqlite:///{Path('mlflow.db').absolute()}")


def names(kind: str = ViewType.ACTIVE_ONLY) -> list[str]:
    client = store()
    place = client.get_experiment_by_name("sample").experiment_id
    return [str(run.info.run_name) for run in client.search_runs([place], run_view_type=kind)]


def assert_all_is_there() -> None:
    assert len(names()) == RUNS + 1
    assert [view.store.name for view in summaries(Path("studies"))] == ["sample"]


# ---- what goes -----------------------------------------------------------------------------------


def test_the_folder_goes_and_the_runs_are_in_mlflows_trash_and_nobody_elses(call: Call) -> None:
    code, out, err = call("rm", "sample", "--yes", "--json")
    (data,) = json.loads(out)
    assert code == 0 and not list(Path("studies").iterdir())
    assert names() == [STRANGER] and len(names(ViewType.DELETED_ONLY)) == RUNS
    assert "sample is removed; MLflow's trash has its runs (9)." in err
    assert data["name"] == "sample" and data["folder"] == "studies/sample" and data["bytes"] > 1000
    assert (data["trials"], data["trainings_of_confirmation"]) == (3, 4)
    assert len(data["runs_in_trash"]) == RUNS and data["versions_kept"] == ["sample version 1"]


def test_what_is_in_the_trash_can_be_restored_as_it_was(call: Call) -> None:
    client, place = store(), store().get_experiment_by_name("sample").experiment_id
    before = {run.info.run_id: run.data.tags for run in client.search_runs([place])}
    (data,) = json.loads(call("rm", "sample", "--yes", "--json")[1])
    for run_id in data["runs_in_trash"]:
        client.restore_run(run_id)
    assert {run.info.run_id: run.data.tags for run in client.search_runs([place])} == before


def test_the_view_of_its_best_trials_goes_and_a_persons_own_stays(call: Call) -> None:
    client, place = store(), store().get_experiment_by_name("sample").experiment_id
    client.set_experiment_tag(place, f"{PREFIX}mine", "a view")

    def views() -> list[str]:
        return [tag for tag in client.get_experiment(place).tags if tag.startswith(PREFIX)]

    assert len(views()) > 1
    assert call("rm", "sample", "--yes")[0] == 0
    assert views() == [f"{PREFIX}mine"]


def test_a_version_in_the_registry_stays_and_it_is_said(call: Call) -> None:
    assert "stays         sample version 1 in MLflow's registry" in call("rm", "sample", "-y")[2]
    assert store().get_model_version("sample", "1")


def test_keep_runs_leaves_mlflow_alone(call: Call) -> None:
    code, out, err = call("rm", "sample", "--keep-runs", "--yes", "--json")
    assert code == 0 and len(names()) == RUNS + 1 and "stays         its runs in MLflow" in err
    assert json.loads(out)[0]["runs_in_trash"] == [] and not list(Path("studies").iterdir())


def test_a_link_in_the_study_is_removed_and_not_followed(call: Call, tmp_path: Path) -> None:
    (other := tmp_path / "other").mkdir()
    (other / "file").write_text("mine")
    (STUDY.root / "exports").symlink_to(other)
    assert call("rm", "sample", "--keep-runs", "--yes")[0] == 0
    assert (other / "file").read_text() == "mine" and not STUDY.root.exists()


# ---- being asked ---------------------------------------------------------------------------------


def test_without_a_terminal_it_says_what_would_go_and_how_and_removes_nothing(call: Call) -> None:
    code, out, err = call("rm", "sample")
    assert (code, out) == (2, "") and "error[not-confirmed]" in err and "`--yes`" in err
    for needed in (
        "sample would be removed:\n  folder        studies/sample, ",
        "  trials        3 complete\n",
        "  confirmation  4 trainings\n",
        "  MLflow        9 runs to the trash of sqlite:///",
    ):
        assert needed in err
    assert_all_is_there()


@pytest.mark.parametrize(("answer", "code"), [("\n", 130), ("\x03", 130), ("y\n", 0)])
def test_on_a_terminal_only_a_yes_removes(answer: str, code: int, folder: Path) -> None:
    terminal = Terminal(folder, 80, "rm", "sample", "--keep-runs")
    terminal.wait_for("Remove it? [y/N]: ")
    if answer == "\x03":
        terminal.interrupt("nothing was removed.")
    else:
        terminal.type(answer)
    assert terminal.end() == code
    assert STUDY.root.exists() == (code != 0)
    assert ("nothing was removed." if code else "sample is removed.") in terminal.said


# ---- what is refused -----------------------------------------------------------------------------


def test_a_study_that_a_driver_holds_is_refused_and_the_driver_named(call: Call) -> None:
    with STORED.lease():
        code, _, err = call("rm", "sample", "--yes")
    assert code == 2 and "error[study-busy]" in err
    assert f"process {os.getpid()} on {socket.gethostname()}" in err
    assert_all_is_there()


def test_where_one_of_several_is_refused_nothing_is_removed(call: Call) -> None:
    Path("studies/notes").mkdir()
    code, _, err = call("rm", "sample", "sampel", "notes", "../here", "--yes")
    assert code == 2 and err.count("error[no-study]") == 2 and "did you mean `sample`?" in err
    assert "error[not-a-study]" in err and Path("studies/notes").is_dir()
    assert_all_is_there()


def test_a_linked_study_is_refused_and_its_place_named(call: Call, tmp_path: Path) -> None:
    STUDY.root.rename(real := tmp_path / "sample")
    STUDY.root.symlink_to(real)
    code, _, err = call("rm", "sample", "--yes")
    assert code == 2 and f"hpsearch rm sample --studies {tmp_path}" in err
    assert_all_is_there()


def test_without_mlflows_store_nothing_is_removed_and_no_store_is_made(call: Call) -> None:
    Path("mlflow.db").unlink()
    code, _, err = call("rm", "sample", "--yes")
    assert code == 2 and "there is no such file" in err and "--keep-runs" in err
    assert STUDY.journal.exists() and not Path("mlflow.db").exists()
    assert call("rm", "sample", "--yes", "--keep-runs")[0] == 0
    assert not STUDY.root.exists() and not Path("mlflow.db").exists()


def test_a_store_that_never_had_the_study_is_the_wrong_one_and_nothing_is_removed(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("mlflow.db").rename("right.db")
    store().create_experiment("sample")
    code, _, err = call("rm", "sample", "--yes")
    assert code == 2 and "it has no run of the study" in err and STUDY.journal.exists()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{Path('right.db').absolute()}")
    assert call("rm", "sample", "--yes")[0] == 0


def test_with_a_broken_store_nothing_is_removed(call: Call) -> None:
    Path("mlflow.db").write_text("no database at all" * 1000)
    code, _, err = call("rm", "sample", "--yes")
    assert code == 2 and "error[no-tracking]" in err and STUDY.journal.exists()


def test_a_study_that_cannot_be_read_can_be_removed(call: Call) -> None:
    STUDY.experiment.write_text("name: [")
    code, _, err = call("rm", "sample", "--yes")
    assert code == 2 and "--keep-runs" in err and STUDY.journal.exists()
    code, _, err = call("rm", "sample", "--yes", "--keep-runs")
    assert code == 0 and "trials        not known" in err and not STUDY.root.exists()


# ---- cut short -----------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [0, 4, RUNS - 1])
def test_mlflow_going_away_leaves_the_study_and_the_next_rm_finds_the_rest(
    before: int, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete, deleted = MlflowClient.delete_run, list[str]()

    def fail_in_time(client: MlflowClient, run_id: str) -> None:
        if len(deleted) == before:
            raise MlflowException("the server went home")
        deleted.append(run_id)
        delete(client, run_id)

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "delete_run", fail_in_time)
        code, _, err = call("rm", "sample", "--yes")
    assert code == 1 and "the server went home" in err and STUDY.journal.exists()
    assert_no_orphans()
    assert call("rm", "sample", "--yes")[0] == 0
    assert names() == [STRANGER] and not STUDY.root.exists()


def assert_no_orphans() -> None:
    client = store()
    place = client.get_experiment_by_name("sample").experiment_id
    runs = {run.info.run_id: run for run in client.search_runs([place])}
    assert all(run.data.tags.get(PARENT_TAG, run_id) in runs for run_id, run in runs.items())


def test_where_the_runs_are_in_the_trash_already_the_folder_goes(call: Call) -> None:
    client, place = store(), store().get_experiment_by_name("sample").experiment_id
    client.delete_experiment(place)
    code, _, err = call("rm", "sample", "--yes")
    assert (
        code == 0
        and "its runs are in the trash of sqlite:///" in err
        and "sample is removed.\n" in err
    )
    assert not STUDY.root.exists()


def test_a_folder_that_is_removed_in_part_is_no_study_and_the_next_rm_ends_it(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path) -> None:
        raise OSError(f"cannot remove {path}")

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", fail)
        code, _, err = call("rm", "sample", "--yes")
    assert code == 1 and "error[unfinished-removal]" in err and "the same command" in err
    assert summaries(Path("studies")) == [] and names() == [STRANGER]
    code, _, err = call("rm", "sample", "--yes")
    assert code == 0 and "left by an `rm` that was interrupted" in err
    assert not list(Path("studies").iterdir())
