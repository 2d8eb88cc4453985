"""What is true of studies in folders alone: other people's files, and who may read ours."""

import os
import stat
from pathlib import Path

import pytest

from hpsearch.common.errors import SearchFailed, UserError
from hpsearch.common.trial import Measurement
from hpsearch.store.documents import CONTENDERS, EXPERIMENT, IDENTITY, LOGS, attempt_log
from hpsearch.store.folder import FolderStore, FolderStudy
from tests.stored import save


@pytest.fixture
def study(tmp_path: Path) -> FolderStudy:
    return FolderStore(tmp_path / "studies").study("sample")


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.parametrize("theirs", ["notes.txt", "trials/mine", "exports/model.pt2", "logs/mine"])
def test_a_folder_that_was_there_before_stays_when_bad_input_is_forgotten(
    study: FolderStudy, theirs: str
) -> None:
    file = study.layout.root / theirs
    file.parent.mkdir(parents=True)
    file.write_text("mine")
    with study.lease():
        for name in (EXPERIMENT, IDENTITY, CONTENDERS):
            study.write(name, b"")
        study.remove_unstarted()
    assert file.read_text() == "mine"
    assert files(study.layout.root) == {theirs, *map(str, Path(theirs).parents)} - {"."}


def test_nothing_is_left_of_bad_input_in_an_empty_place(study: FolderStudy) -> None:
    with study.lease():
        study.write(EXPERIMENT, b"")
        study.remove_unstarted()
    assert not study.layout.root.exists()


def test_what_workers_printed_on_import_goes_with_bad_input(study: FolderStudy) -> None:
    with study.lease():
        study.write(EXPERIMENT, b"")
        study.write(f"{LOGS}/import-7.log", b"printed by a worker that was killed")
        study.remove_unstarted()
    assert not study.layout.root.exists()


@pytest.mark.parametrize("name", ["sample (copy)", ".sample.removed", "..", "-x"])
def test_a_folder_that_no_study_can_be_called_is_not_listed(study: FolderStudy, name: str) -> None:
    study.journal(writable=True).close()
    folder = study.layout.root.parent / name
    folder.mkdir(exist_ok=True)
    (folder / "journal.log").touch()
    assert FolderStore(folder.parent).names() == ["sample"]


def test_all_is_private(study: FolderStudy, monkeypatch: pytest.MonkeyPatch) -> None:
    before = os.umask(0)
    try:
        with study.lease():
            study.journal(writable=True).close()
            study.write(attempt_log(0, 1), b"")
            save(study.checkpoints, 0, Measurement(1, {}, 1.0), {"a": b""})
    finally:
        os.umask(before)
    root = study.layout.root
    assert stat.S_IMODE(root.stat().st_mode) == 0o700
    modes = {stat.S_IMODE(path.stat().st_mode) for path in root.rglob("*") if path.is_file()}
    assert modes == {0o600}


def test_a_place_that_cannot_be_written_is_the_users_error(tmp_path: Path) -> None:
    (tmp_path / "studies").write_text("a file")
    study = FolderStore(tmp_path / "studies").study("sample")
    with pytest.raises(UserError, match="unwritable-folder"), study.lease():
        pass
    with pytest.raises(UserError, match="unwritable-folder"):
        study.write(EXPERIMENT, b"")
    with pytest.raises(SearchFailed, match="unwritable-journal"):
        study.journal(writable=True)
    assert not study.exists() and FolderStore(tmp_path / "studies").names() == []


@pytest.mark.parametrize("again", [False, True], ids=["gone", "another in its place"])
def test_a_journal_that_is_no_longer_there_is_not_durable(study: FolderStudy, again: bool) -> None:
    journal = study.journal(writable=True)
    journal.append(b"a line\n")
    journal.flush()
    study.layout.root.rename(study.layout.root.with_name("renamed"))
    if again:
        study.journal(writable=True).close()
    journal.append(b"another\n")
    with pytest.raises(SearchFailed, match="journal-gone"):
        journal.flush()
    journal.close()


def test_a_removal_that_was_killed_is_seen_and_carried_out(study: FolderStudy) -> None:
    study.journal(writable=True).close()
    study.layout.root.rename(study.layout.removed)
    assert not study.exists() and study.unfinished_removal() == str(study.layout.removed)
    study.check_removable()
    study.remove()
    assert study.unfinished_removal() is None and not study.layout.removed.exists()


def test_a_link_is_not_ours_to_remove(study: FolderStudy, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "journal.log").touch()
    study.layout.root.parent.mkdir()
    study.layout.root.symlink_to(tmp_path / "real")
    with pytest.raises(UserError, match="linked-study"):
        study.check_removable()
