"""A search that begins in another folder than the study of that name is said to be another one."""

from pathlib import Path

import pytest

from hpsearch.common.errors import UserError
from hpsearch.store import StudyStore, open_store
from hpsearch.store.documents import JOURNAL
from hpsearch.usecases import Source, validate
from hpsearch.usecases.other_folder import notices_of_other_folder
from tests.support import make_experiment, write_trainables


def study(studies: Path | str) -> StudyStore:
    return open_store(str(studies)).study("sample")


@pytest.fixture
def source(tmp_path: Path) -> Source:
    study(tmp_path / "project" / "studies").write(JOURNAL, b"{}\n")
    return Source.of(make_experiment(), tmp_path / "project" / "experiment.yaml")


def test_a_study_beside_the_file_is_told_from_another_folder(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (said,) = notices_of_other_folder(source, study("studies"))
    assert "beside project/experiment.yaml" in said and "here it begins another one" in said
    assert notices_of_other_folder(source, study("elsewhere")) == []
    study("studies").write(JOURNAL, b"{}\n")
    assert notices_of_other_folder(source, study("studies")) == []


def test_nothing_is_told_where_the_file_is(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path / "project")
    assert notices_of_other_folder(source, study("studies")) == []
    monkeypatch.chdir(tmp_path)
    alone = Source.of(make_experiment(), tmp_path / "new" / "experiment.yaml")
    assert notices_of_other_folder(alone, study("studies")) == []


@pytest.mark.parametrize("place", ["file", "file/below", "dangling", "dangling/below"])
def test_a_place_where_no_folder_can_be_is_refused_by_validate(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    write_trainables(tmp_path)
    source = Source(make_experiment(), None, tmp_path)
    with pytest.raises(UserError, match="is no folder"):
        validate(source, study(tmp_path / place))
    validate(source, study(tmp_path / "new" / "below"))
