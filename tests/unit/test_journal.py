"""The journal: whole records or none, whatever cut the last write short."""

import os
from pathlib import Path
from typing import Any

import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.storages.journal._storage import JournalOperation

from hpsearch.common.errors import SearchFailed
from hpsearch.store.folder import FolderStudy
from hpsearch.strategies.journal import Journal
from hpsearch.strategies.journal_format import Code, damaged_lines, read_lines, to_line


def written(path: Path, trials: int = 3) -> optuna.Study:
    study = optuna.create_study(
        storage=JournalStorage(Journal(FolderStudy(path.parent), writable=True)),
        study_name="s",
        load_if_exists=True,
    )
    for _ in range(trials):
        trial = study.ask()
        study.tell(trial, trial.suggest_float("x", 0, 1))
    return study


def test_optuna_reads_the_same_trials_from_the_same_file(tmp_path: Path) -> None:
    study = written(tmp_path / "journal.log")
    storage = JournalStorage(JournalFileBackend(str(tmp_path / "journal.log")))
    again = optuna.load_study(study_name="s", storage=storage)
    assert [t.params for t in again.trials] == [t.params for t in study.trials]
    assert [t.value for t in again.trials] == [t.value for t in study.trials]


def test_the_codes_of_records_are_those_of_optuna() -> None:
    assert {code.name: code.value for code in Code}.items() <= {
        code.name: code.value for code in JournalOperation
    }.items()


def test_a_journal_cut_at_any_byte_of_its_last_record_opens_without_that_record(
    tmp_path: Path,
) -> None:
    path = tmp_path / "journal.log"
    written(path)
    data = path.read_bytes()
    last = data[:-1].rfind(b"\n") + 1
    whole = len(Journal(FolderStudy(path.parent), writable=False).read_logs(0))  # type: ignore[arg-type]
    for cut in range(last, len(data)):
        path.write_bytes(data[:cut])
        journal = Journal(FolderStudy(path.parent), writable=True)
        assert len(list(journal.read_logs(0))) == whole - 1
        assert path.read_bytes() == data[:last]
        journal.close()


def test_a_reader_follows_what_a_driver_appends(tmp_path: Path) -> None:
    path = tmp_path / "journal.log"
    study = written(path)
    reader = JournalStorage(Journal(FolderStudy(path.parent), writable=False))
    assert len(reader.get_all_trials(0)) == 3
    study.enqueue_trial({"x": 0.5})
    with path.open("ab") as file:
        file.write(b'{"op_code":4,"wor')  # a write that is not over
    assert len(reader.get_all_trials(0)) == 4
    assert reader.get_all_trials(0)[3].state is optuna.trial.TrialState.WAITING


def test_a_study_goes_on_after_a_torn_write(tmp_path: Path) -> None:
    path = tmp_path / "journal.log"
    written(path)
    with path.open("ab") as file:
        file.write(b'{"op_code":4,"wor')
    study = written(path, trials=1)
    assert len(study.trials) == 4
    assert [t.number for t in study.trials] == [0, 1, 2, 3]


def test_damage_in_the_middle_is_said_and_nothing_is_changed(tmp_path: Path) -> None:
    path = tmp_path / "journal.log"
    written(path)
    lines = path.read_bytes().splitlines(keepends=True)
    damaged = b"".join([*lines[:2], b"garbage\n", *lines[3:]])
    path.write_bytes(damaged)
    with pytest.raises(SearchFailed, match="line 3"):
        Journal(FolderStudy(path.parent), writable=True)
    assert path.read_bytes() == damaged


def test_a_full_disk_leaves_no_half_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "journal.log"
    journal = Journal(FolderStudy(path.parent), writable=True)
    journal.append_logs([{"op_code": 0, "n": 1}])
    before = path.read_bytes()
    real = os.write
    monkeypatch.setattr(os, "write", lambda file, data: real(file, data[: len(data) // 2]))
    with pytest.raises(SearchFailed, match="No space left"):
        journal.append_logs([{"op_code": 0, "n": 2}])
    assert path.read_bytes() == before


def test_a_single_flipped_bit_is_never_taken_for_a_record(tmp_path: Path) -> None:
    path = tmp_path / "journal.log"
    written(path, trials=1)
    data = path.read_bytes()
    logs = list(Journal(FolderStudy(path.parent), writable=False).read_logs(0))
    for place in range(len(data)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        try:
            read = list(Journal(FolderStudy(path.parent), writable=False).read_logs(0))
        except SearchFailed:
            continue
        # at the file's end it is a torn write; in the checksum's own key no record is altered
        assert len(read) >= len(logs) - 1
        assert all({k: r.get(k) for k in log} == log for r, log in zip(read, logs, strict=False))


@given(st.lists(st.dictionaries(st.text(), st.integers() | st.text()), max_size=20))
def test_what_was_appended_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, values: list[dict[str, Any]]
) -> None:
    path = tmp_path_factory.mktemp("journal") / "journal.log"
    logs = [{"op_code": 0, "v": value} for value in values]
    journal = Journal(FolderStudy(path.parent), writable=True)
    for log in logs:
        journal.append_logs([log])
    assert list(journal.read_logs(0)) == logs
    journal.close()
    assert list(Journal(FolderStudy(path.parent), writable=False).read_logs(0)) == logs


@pytest.mark.parametrize("value", ["\ud800", "é\n", 10**400, float("inf"), [[[[]]]], {"a": None}])
def test_a_record_is_read_as_it_was_written(value: object) -> None:
    log = {"op_code": 8, "user_attr": {"name": value}}
    assert read_lines(to_line(log))[0][1] == log


@pytest.mark.parametrize(
    ("line", "is_damaged"),
    [
        (to_line({"op_code": 0}), False),
        (b'{"op_code":0}\n', False),
        (to_line({"op_code": 0}).replace(b"0", b"1", 1), True),
        (b"{}\n", True),
        (b"nothing\n", True),
    ],
)
def test_the_lines_that_are_damaged_are_those_without_a_record(
    line: bytes, is_damaged: bool
) -> None:
    data = to_line({"op_code": 9}) + line + b"half a li"
    assert damaged_lines(data) == ([2] if is_damaged else [])
    assert [log is None for _, log in read_lines(data)] == [False, is_damaged]
