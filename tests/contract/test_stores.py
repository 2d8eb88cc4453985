"""What every store promises, whatever it stands on. Damage is done through the port as well."""

import itertools
import os
import pickle
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from pkgutil import iter_modules

import pytest

import hpsearch.store
from hpsearch.common.checkpoints import Stored
from hpsearch.common.errors import UserError
from hpsearch.common.names import LONGEST_NAME, STUDY_NAME
from hpsearch.common.trial import Measurement
from hpsearch.store import (
    SCHEMES,
    JournalLog,
    StudyStore,
    add_suggestion,
    documents,
    find_study,
    open_store,
    waiting_suggestions,
)
from hpsearch.store.documents import (
    CONTENDERS,
    EXPERIMENT,
    IDENTITY,
    JOURNAL,
    MANIFEST,
    REPORT,
    SUGGESTIONS,
    attempt_log,
    evaluation,
)
from tests.contract.stores import OPENERS, Open
from tests.stored import content, latest, put, save, save_artifacts

FILES = {"model.safetensors": b"weights", "sub/state": b"\x00\x01"}
ODD_NAMES = ["", ".", "..", "../other", "a/b", ".hidden", "a b", "a\0b", "x" * 101, "/root", "a\n"]


def begun(store: StudyStore, lines: bytes = b"line 1\n") -> StudyStore:
    """Begin the study's journal."""
    with writing(store) as journal:
        journal.append(lines)
    return store


@contextmanager
def writing(store: StudyStore) -> Iterator[JournalLog]:
    journal = store.journal(writable=True)
    try:
        yield journal
    finally:
        journal.close()


def append_all(journal: JournalLog, lines: list[bytes]) -> None:
    for line in lines:
        journal.append(line)


def at(step: int) -> Measurement:
    return Measurement(step, {"value": 1.0}, float(step))


def busy(store: StudyStore) -> str:
    """Return what a second driver is told."""
    with pytest.raises(UserError, match="study-busy") as refused, store.lease():
        pass
    return str(refused.value)


# ---- a place of studies --------------------------------------------------------------------------


def test_a_study_exists_once_its_journal_was_begun(stores: Open) -> None:
    study = stores().study("b")
    assert not study.exists() and stores().names() == []
    study.write(EXPERIMENT, b"name: b\n")
    assert not study.exists() and stores().names() == []
    begun(study)
    begun(stores().study("a"))
    assert study.exists() and stores().study("b").exists() and stores().names() == ["a", "b"]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_no_study_can_have_an_odd_name(stores: Open, name: str) -> None:
    begun(stores().study("sample"))
    with pytest.raises(UserError, match="no-study"):
        stores().study(name)


@pytest.mark.parametrize(
    "address", ["ftp://b/studies", "FILE:/b", "file:///tmp", "folder://a", "memory://a"]
)
def test_a_store_of_an_unknown_kind_is_refused(address: str) -> None:
    for given in (address, Path(address)):
        with pytest.raises(UserError, match="unknown-store"):
            open_store(given)


def test_the_contract_runs_on_every_store() -> None:
    packages = {module.name for module in iter_modules(hpsearch.store.__path__) if module.ispkg}
    assert {*OPENERS} == packages == {"folder", *SCHEMES.values()}


@pytest.mark.parametrize("address", ["memory://", Path("memory://")])
def test_memory_is_a_new_store_each_time(address: str | Path) -> None:
    begun((store := open_store(address)).study("sample"))
    assert open_store(address).names() == [] and open_store(store) is store


def test_a_study_that_is_not_there_is_answered_with_the_nearest(stores: Open) -> None:
    begun(stores().study("sample"))
    with pytest.raises(UserError, match="did you mean `sample`"):
        find_study(stores(), "sampel")
    assert find_study(stores(), "sample").name == "sample"


def test_an_address_says_where_it_is(stores: Open) -> None:
    store = stores()
    study = store.study("sample")
    assert study.part("confirmation").part("final").store_address == store.address
    assert study.store_address == store.address and study.address.startswith(study.store_address)
    assert study.locate(REPORT).startswith(study.address) and study.locate(REPORT).endswith(REPORT)
    assert study.journal(writable=False).address == study.locate(JOURNAL)


# ---- the lease -----------------------------------------------------------------------------------


def test_a_study_has_one_driver_at_a_time(stores: Open) -> None:
    study, other = stores().study("sample"), stores().study("sample")
    assert not study.lease().is_held()
    with study.lease():
        assert study.lease().is_held() and other.lease().is_held()
        assert f"process {os.getpid()} on {os.uname().nodename}" in busy(other)
        with stores().study("another").lease():
            pass
    assert not other.lease().is_held()
    with other.lease():
        busy(study)


def test_a_lease_is_given_back_after_an_error(study: StudyStore) -> None:
    with pytest.raises(ZeroDivisionError), study.lease():
        raise ZeroDivisionError
    with (lease := study.lease()):
        assert lease.is_held()
    assert not lease.is_held()


def test_a_driver_in_another_thread_is_refused_too(study: StudyStore) -> None:
    told: list[str] = []
    with study.lease():
        thread = threading.Thread(target=lambda: told.append(busy(study)))
        thread.start()
        thread.join()
    assert "study-busy" in told[0]


HOLDS = """
import sys, time
from hpsearch.store import open_store
with open_store(sys.argv[1]).study("sample").lease():
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_driver_in_another_process_is_named_until_it_is_dead(tmp_path: Path) -> None:
    study = open_store(tmp_path).study("sample")
    command = [sys.executable, "-c", HOLDS, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        assert study.lease().is_held()
        assert f"process {first.pid} on {os.uname().nodename}" in busy(study)
        first.send_signal(signal.SIGKILL)
    with study.lease():
        pass


def test_who_only_looks_keeps_no_driver_out(stores: Open) -> None:
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            stores().study("sample").lease().is_held()
            over.wait(0.001)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        for _ in range(50):
            with stores().study("sample").lease():
                pass
    finally:
        over.set()
        watcher.join()


# ---- the journal ---------------------------------------------------------------------------------


def test_a_reader_gets_each_line_once(stores: Open) -> None:
    reader = stores().study("sample").journal(writable=False)
    assert reader.read() == b"" and not stores().study("sample").exists()
    with writing(stores().study("sample")) as writer:
        writer.append(b"line 1\nline 2\n")
        writer.flush()
        assert reader.read() == b"line 1\nline 2\n"
        assert reader.read() == b""
        writer.append(b"line 3\n")
        writer.flush()
        assert reader.read() == b"line 3\n"
        assert writer.read() == b"line 1\nline 2\nline 3\n"


def test_a_line_without_its_end_waits_for_it(study: StudyStore) -> None:
    begun(study)
    reader = study.journal(writable=False)
    study.write(JOURNAL, b"line 1\nlin")
    assert reader.read() == b"line 1\n"
    study.write(JOURNAL, b"line 1\nline 2\n")
    assert reader.read() == b"line 2\n"


def test_a_driver_cuts_off_the_half_line_of_a_dead_one(study: StudyStore) -> None:
    begun(study)
    study.write(JOURNAL, b"line 1\nlin")
    assert study.journal(writable=False).read() == b"line 1\n"
    assert study.read(JOURNAL) == b"line 1\nlin"  # a reader changes nothing
    begun(study, b"line 2\n")
    assert study.read(JOURNAL) == b"line 1\nline 2\n"


def test_a_reader_never_sees_half_a_line_while_a_driver_writes(stores: Open) -> None:
    lines = [b"%d %s\n" % (number, b"x" * (number % 300)) for number in range(500)]
    reader, seen = stores().study("sample").journal(writable=False), bytearray()
    with writing(stores().study("sample")) as writer:
        thread = threading.Thread(target=lambda: append_all(writer, lines))
        thread.start()
        while thread.is_alive():
            new = reader.read()
            assert not new or new.endswith(b"\n")
            seen += new
        thread.join()
    assert bytes(seen + reader.read()) == b"".join(lines)


def test_a_journal_that_is_replaced_is_kept(study: StudyStore) -> None:
    begun(study, b"garbage\n")
    copy = study.replace_journal(b"line 1\n")
    assert copy.startswith(f"{JOURNAL}.damaged-") and study.read(copy) == b"garbage\n"
    assert study.journal(writable=False).read() == b"line 1\n"


# ---- documents -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [EXPERIMENT, IDENTITY, REPORT, CONTENDERS, evaluation(7), attempt_log(7, 1)],
)
def test_a_document_is_read_back_and_replaced(stores: Open, name: str) -> None:
    study = stores().study("sample")
    assert study.read(name) is None and not study.has(name)
    study.write(name, b"first")
    study.write(name, b"second, \x00 and longer")
    again = stores().study("sample")
    assert again.has(name) and again.read(name) == b"second, \x00 and longer"


@pytest.mark.parametrize("name", ["../other/x", "/etc/x", "a/../../x", "", "a\0b"])
def test_no_document_leads_out_of_the_study(study: StudyStore, name: str) -> None:
    for use in (study.read, study.has, study.locate, lambda name: study.write(name, b"")):
        with pytest.raises(ValueError, match="leads out"):
            use(name)


def test_the_files_are_called_as_they_always_were() -> None:
    assert documents.checkpoint(3, 12) == "trials/00003/checkpoints/step-000000012"
    assert evaluation(3) == "trials/00003/evaluation.json"
    assert documents.artifacts(3) == "trials/00003/artifacts"
    assert attempt_log(7, 1) == "logs/trial-00007/attempt-1.log"
    assert (JOURNAL, EXPERIMENT, IDENTITY) == ("journal.log", "experiment.yaml", "study.json")


def test_the_documents_in_a_folder_are_listed_and_can_be_discarded(stores: Open) -> None:
    study = stores().study("sample")
    assert study.documents("notes") == []
    for name in ("notes/b.json", "notes/a.json", "notes/below/c.json", "notes.json"):
        study.write(name, b"x")
    assert stores().study("sample").documents("notes") == ["notes/a.json", "notes/b.json"]
    for _ in range(2):
        study.discard("notes/a.json")
    assert stores().study("sample").documents("notes") == ["notes/b.json"]
    assert study.read("notes/a.json") is None and study.read("notes/below/c.json") == b"x"
    for use in (study.documents, study.discard):
        with pytest.raises(ValueError, match="leads out"):
            use("../other")


def test_whoever_writes_documents_at_once_loses_none_of_them(stores: Open) -> None:
    def write(writer: int) -> None:
        for index in range(20):
            stores().study("sample").write(f"notes/{writer}-{index}.json", b"whole")

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    seen: set[str] = set()
    while any(thread.is_alive() for thread in threads):
        seen |= {*(found := stores().study("sample").documents("notes"))}
        assert all(stores().study("sample").read(one) == b"whole" for one in found)
    assert len(stores().study("sample").documents("notes")) == 80 >= len(seen)


def test_suggestions_come_in_the_order_in_which_they_were_made(stores: Open) -> None:
    study = stores().study("sample")
    made = [add_suggestion(study, {"x": value}) for value in (3, 1, 2)]
    study.write(f"{SUGGESTIONS}/zz-broken.json", b"{")
    assert waiting_suggestions(stores().study("sample")) == made
    study.discard(documents.suggestion(made[0].id))
    assert waiting_suggestions(study) == made[1:]


def test_a_study_that_is_archived_takes_its_suggestions_along(stores: Open) -> None:
    study = begun(stores().study("sample"))
    add_suggestion(study, {"x": 1})
    study.archive()
    assert waiting_suggestions(stores().study("sample")) == []


# ---- checkpoints and artifacts -------------------------------------------------------------------


def test_a_checkpoint_is_read_back(stores: Open) -> None:
    save(stores().study("sample").checkpoints, 3, at(100), FILES)
    checkpoint = latest(stores().study("sample").checkpoints, 3)
    assert checkpoint is not None
    assert (checkpoint.step, checkpoint.seconds, checkpoint.files) == (100, 100.0, FILES)
    assert latest(stores().study("sample").checkpoints, 4) is None


@pytest.mark.parametrize(
    ("file", "data"),
    [
        ("model.safetensors", b"weighTs"),
        ("sub/state", b""),
        (MANIFEST, b"{"),
        (MANIFEST, b"[]"),
        (MANIFEST, b'{"sha256": {"gone": "0"}}'),
    ],
)
def test_a_damaged_checkpoint_gives_way_to_the_one_before(
    study: StudyStore, file: str, data: bytes
) -> None:
    kept = study.checkpoints
    save(kept, 0, at(1), FILES)
    save(kept, 0, at(2), FILES)
    study.write(f"{documents.checkpoint(0, 2)}/{file}", data)
    checkpoint = latest(kept, 0)
    assert checkpoint is not None and checkpoint.step == 1 and kept.steps(0) == [1]
    with kept.folder(0, 2) as folder:
        assert folder is None
    assert study.read(f"{documents.checkpoint(0, 2)}.bad/{file}") == data  # not lost


def test_a_quarantined_step_can_be_saved_and_quarantined_again(study: StudyStore) -> None:
    for _ in range(2):
        save(study.checkpoints, 0, at(1), FILES)
        study.checkpoints.quarantine(0, 1)
        assert study.checkpoints.steps(0) == []


def test_a_checkpoint_of_the_same_step_is_replaced_whole(study: StudyStore) -> None:
    save(study.checkpoints, 0, at(1), FILES)
    save(study.checkpoints, 0, at(1), {"other": b"1"})
    assert content(study.checkpoints, 0, 1) == {"other": b"1"}


def test_cleaning_keeps_the_named_steps_and_other_trials(study: StudyStore) -> None:
    kept = study.checkpoints
    for number, step in itertools.product((0, 1), (0, 1, 2, 10)):
        save(kept, number, at(step), FILES)
    kept.clean(0, keep=frozenset({0, 10, 99}))
    assert kept.steps(0) == [0, 10] and kept.steps(1) == [0, 1, 2, 10]


def test_the_size_is_that_of_the_checkpoints_alone(study: StudyStore) -> None:
    kept = study.checkpoints
    assert sum(kept.sizes(0).values()) == 0
    save(kept, 0, at(1), {"a": b"x" * 5000})
    one = sum(kept.sizes(0).values())
    assert 5000 < one < 5500
    save(kept, 0, at(2), {"a": b"x" * 5000})
    assert sum(kept.sizes(0).values()) == 2 * one and study.size() >= 2 * one
    kept.quarantine(0, 2)
    save_artifacts(study.artifacts, study.checkpoints, 0, {"b": b"x" * 5000})
    assert sum(kept.sizes(0).values()) == one and sum(kept.sizes(1).values()) == 0


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", ""])
def test_no_file_leads_out_of_its_folder(study: StudyStore, tmp_path: Path, name: str) -> None:
    files = study.checkpoints.files(0)
    (tmp_path / "file").write_bytes(b"1")
    before = study.size()
    for reference, file in (("1/1", name), (name, "file")):
        with pytest.raises(ValueError, match="leads out"):
            files.write(reference, file, [b"1"])
        with pytest.raises(ValueError, match="leads out"):
            files.put(reference, file, tmp_path / "file")
        with pytest.raises(ValueError, match="leads out"):
            list(files.read(reference, file))
    with pytest.raises(ValueError, match="leads out"):
        study.checkpoints.commit(0, at(1), Stored(name, {}))
    assert study.size() == before


def test_what_was_put_there_is_no_checkpoint_before_it_is_committed(study: StudyStore) -> None:
    kept = study.checkpoints
    stored = put(kept.files(0), FILES)
    assert kept.steps(0) == [] and kept.resumable(0) == [] and sum(kept.sizes(0).values()) == 0
    kept.commit(0, at(1), stored)
    assert kept.steps(0) == [1]


def test_files_that_are_not_whole_become_no_checkpoint_and_are_dropped(study: StudyStore) -> None:
    kept = study.checkpoints
    save(kept, 0, at(1), FILES)
    stored = put(kept.files(0), FILES, "1/2")
    file = replace(stored.files["sub/state"], size=99)
    for wrong in ({**stored.files, "gone": file}, {**stored.files, "sub/state": file}):
        with pytest.raises(OSError, match=r"bytes|No such file"):
            kept.commit(0, at(2), replace(stored, files=wrong))
        assert kept.steps(0) == [1] and sum(kept.sizes(0).values()) > 0
        with pytest.raises(OSError, match=r"bytes|No such file"):
            kept.commit(0, at(2), stored)
        stored = put(kept.files(0), FILES, "1/2")


def test_what_was_never_committed_is_swept(study: StudyStore) -> None:
    kept = study.checkpoints
    for number in (0, 1):
        save(kept, number, at(1), {**FILES, "incoming/state": b"1"})
    before = study.size()
    for number in (0, 1):
        put(kept.files(number), FILES, "1/2")
        put(kept.files(number), FILES, "2/artifacts")
    kept.sweep(0)
    one = study.size()
    kept.sweep()
    assert study.size() == before < one
    assert kept.steps(0) == kept.steps(1) == [1]


def test_files_are_put_again_after_they_were_discarded(study: StudyStore) -> None:
    files = study.checkpoints.files(0)
    put(files, {"old": b"1"})
    files.discard("1/1")
    files.discard("1/1")
    study.checkpoints.commit(0, at(1), put(files, {"new": b"2"}))
    found = latest(study.checkpoints, 0)
    assert found is not None and found.files == {"new": b"2"}


def test_a_process_that_does_not_see_the_store_knows_that(study: StudyStore) -> None:
    files = study.checkpoints.files(0)
    assert files.is_reachable()
    elsewhere = pickle.loads(pickle.dumps(files))
    if study.is_durable:
        assert elsewhere.is_reachable()
        study.write(documents.PROBE, b"the word of another driver")
    assert not elsewhere.is_reachable()


def test_artifacts_are_a_local_folder_while_they_are_read(study: StudyStore) -> None:
    with study.artifacts.folder(0) as folder:
        assert folder is None
    save_artifacts(study.artifacts, study.checkpoints, 0, {"note.txt": b"old", "gone": b""})
    save_artifacts(
        study.artifacts, study.checkpoints, 0, {"note.txt": b"new", "plots/a.svg": b"<svg/>"}
    )
    with study.artifacts.folder(0) as folder:
        assert folder is not None
        files = {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*.*")}
        assert files == {"note.txt": b"new", "plots/a.svg": b"<svg/>"}
        assert not (folder / "gone").exists()


# ---- parts ---------------------------------------------------------------------------------------


def test_search_confirmation_and_final_training_are_told_apart(stores: Open) -> None:
    search = stores().study("sample")
    confirmation = search.part("confirmation")
    final = confirmation.part("final")
    parts = (search, confirmation, final)
    assert [part.kind for part in parts] == ["search", "confirmation", "final"]
    assert {part.name for part in parts} == {"sample"} and len({p.address for p in parts}) == 3
    for part in parts:
        begun(part, f"{part.kind}\n".encode())
        save(part.checkpoints, 0, at(1), {"kind": part.kind.encode()})
    for part in parts:
        assert part.journal(writable=False).read() == f"{part.kind}\n".encode()
        assert content(part.checkpoints, 0, 1) == {"kind": part.kind.encode()}
    assert stores().names() == ["sample"]


def test_archived_confirmations_are_found(stores: Open) -> None:
    search = begun(stores().study("sample"))
    assert search.confirmations() == []
    for number in range(3):
        part = search.part("confirmation")
        part.archive()
        begun(part).write(IDENTITY, b"%d" % number)
    found = search.confirmations()
    assert sorted(one.read(IDENTITY) or b"" for one in found) == [b"0", b"1", b"2"]
    assert {one.kind for one in found} == {"confirmation"}
    assert search.part("confirmation").read(IDENTITY) == b"2"


# ---- set aside, begun anew, forgotten, removed ---------------------------------------------------


@pytest.mark.parametrize("name", ["a", "b" * LONGEST_NAME])
def test_an_archived_study_is_a_study_of_a_new_name(stores: Open, name: str) -> None:
    for number in range(3):  # within a second
        study = stores().study(name)
        with study.lease():
            study.archive()
        assert not study.exists()
        begun(study, b"%d\n" % number)
    names = stores().names()
    assert len(names) == 3 and all(STUDY_NAME.fullmatch(one) for one in names)
    assert sum(bool(re.search(r"\.\d{8}T\d{6}", one)) for one in names) == 2
    kept = {stores().study(one).journal(writable=False).read() for one in names}
    assert kept == {b"0\n", b"1\n", b"2\n"}


def test_setting_aside_what_was_never_begun_does_nothing(stores: Open) -> None:
    study = stores().study("sample")
    with study.lease():
        study.archive()
    assert stores().names() == [] and study.size() < 200


def test_begun_anew_a_study_has_its_lease_and_no_trials(study: StudyStore) -> None:
    with study.lease():
        begun(study).write(IDENTITY, b"{}")
        study.write(EXPERIMENT, b"")
        study.write(attempt_log(0, 1), b"printed")
        save(study.checkpoints, 0, at(1), FILES)
        study.reset()
        assert not study.exists() and study.checkpoints.steps(0) == []
        gone = (IDENTITY, EXPERIMENT, attempt_log(0, 1))
        assert not any(study.has(name) for name in gone)
        busy(study)


def test_what_never_began_is_forgotten_and_what_began_is_not(stores: Open) -> None:
    study = stores().study("sample")
    with study.lease():
        study.write(EXPERIMENT, b"")
        study.write(IDENTITY, b"{}")
        study.remove_unstarted()
    assert not study.has(IDENTITY) and study.size() == 0
    begun(study).write(IDENTITY, b"{}")
    study.remove_unstarted()
    assert study.exists() and study.has(IDENTITY)


def test_a_confirmation_is_forgotten_by_itself(study: StudyStore) -> None:
    begun(study)
    part = study.part("confirmation")
    part.write(CONTENDERS, b"{}")
    part.remove_unstarted()
    assert study.exists() and not part.has(CONTENDERS) and study.confirmations() == []


def test_a_study_is_removed_with_all_its_parts_and_nothing_else(stores: Open) -> None:
    study = begun(stores().study("sample"))
    begun(stores().study("sample-2"))
    begun(study.part("confirmation")).write(IDENTITY, b"{}")
    save(study.checkpoints, 0, at(1), FILES)
    study.check_removable()
    assert study.size() > 0
    with study.lease():
        study.remove()
    assert stores().names() == ["sample-2"]
    assert study.unfinished_removal() is None and study.size() == 0 and study.confirmations() == []
    begun(study)
    assert study.checkpoints.steps(0) == [] and not study.part("confirmation").exists()


def test_an_export_goes_to_a_local_folder_of_its_trial(study: StudyStore) -> None:
    folder = study.export_folder(7)
    assert isinstance(folder, Path) and folder.name == "trial-00007" and study.exports() == []
