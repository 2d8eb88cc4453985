"""The summary of a study says what its journal says, on every store, or it does not count."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import optuna
import pytest

from hpsearch.common.trial import Measurement, TrialRecord, TrialState
from hpsearch.experiment import Experiment
from hpsearch.store import StudyStore
from hpsearch.store.documents import EXPERIMENT, IDENTITY, JOURNAL, SUMMARY
from hpsearch.strategies import OptunaStudy
from hpsearch.usecases import Source, StudySummary, look_at, summaries
from hpsearch.usecases.identity import record_experiment
from hpsearch.usecases.summary import keep_summary, kept_summary, refresh_summary
from hpsearch.usecases.view import StudyHandle, StudyView
from tests.contract.stores import Open
from tests.support import make_experiment

ENDS = [TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAILED, TrialState.COMPLETE]


@pytest.fixture
def experiment() -> Experiment:
    return make_experiment(pruner={"type": "asha", "min_resource": 1}, budget={"trials": 9})


@pytest.fixture
def handle(study: StudyStore, experiment: Experiment) -> StudyHandle:
    return StudyHandle(study, experiment, record_experiment(study, Source.of(experiment)))


@pytest.fixture
def driven(handle: StudyHandle) -> Iterator[OptunaStudy]:
    """Trials in all states: finished ones, some paused, one that has just begun."""
    found = OptunaStudy(handle.store, handle.experiment)
    for end in ENDS:
        finish(found, end)
    for value in (0.1, 0.2, 0.3):
        begun(found, value)
    found.ask()
    yield found
    found.close()


def begun(study: OptunaStudy, value: float) -> TrialRecord:
    proposal = study.ask()
    assert proposal is not None
    curve = [Measurement(step, {"value": value}, 0.5 * step) for step in (1, 2)]
    for one in curve:
        study.report(proposal.number, [one])
    return TrialRecord(state=TrialState.RUNNING, measurements=tuple(curve), **vars(proposal))


def finish(study: OptunaStudy, state: TrialState) -> None:
    record = begun(study, 0.5)
    values = () if state is TrialState.FAILED else (0.5,)
    study.finish(record.changed(state, values=values, finished=datetime.now(UTC)), ())


def same(summary: StudySummary | None, store: StudyStore) -> bool:
    read = StudySummary.of(look_at(store))
    return summary is not None and summary.as_data() == read.as_data()


def test_the_summary_that_a_driver_keeps_is_that_of_its_journal(
    handle: StudyHandle, driven: OptunaStudy, stores: Open
) -> None:
    assert kept_summary(handle.store) is None
    keep_summary(handle, driven)
    assert same(kept_summary(handle.store), handle.store)
    (listed,) = summaries(stores())
    assert isinstance(listed, StudySummary) and same(listed, handle.store)
    assert listed.facts["counts"]["unfinished"] == 4


def append(store: StudyStore) -> None:
    journal = store.journal(writable=True)
    journal.append(b'{"op_code":3,"worker_id":"","study_id":0,"system_attr":{}}\n')
    journal.flush()
    journal.close()


def damage(store: StudyStore) -> None:
    lines = store.read(JOURNAL) or b""
    store.replace_journal(lines.replace(b"0.5", b"0.4", 1))


def rewrite(store: StudyStore) -> None:
    store.write(EXPERIMENT, (store.read(EXPERIMENT) or b"").replace(b"trials: 9", b"trials: 4"))


def lose_identity(store: StudyStore) -> None:
    store.discard(IDENTITY)


def spoil(store: StudyStore) -> None:
    store.write(SUMMARY, (store.read(SUMMARY) or b"")[:-9])


def empty(store: StudyStore) -> None:
    store.write(SUMMARY, b"[]")


def remove(store: StudyStore) -> None:
    store.remove()


@pytest.mark.parametrize("change", [append, damage, rewrite, lose_identity, spoil, empty])
def test_a_summary_of_another_journal_or_experiment_does_not_count(
    handle: StudyHandle, driven: OptunaStudy, change: Callable[[StudyStore], None]
) -> None:
    keep_summary(handle, driven)
    driven.close()
    change(handle.store)
    assert kept_summary(handle.store) is None


def test_a_summary_that_does_not_count_is_made_anew_from_the_journal(
    handle: StudyHandle, driven: OptunaStudy
) -> None:
    driven.close()
    refresh_summary(handle.store)
    assert same(kept_summary(handle.store), handle.store)
    rewrite(handle.store)
    refresh_summary(handle.store)
    assert same(kept_summary(handle.store), handle.store)


def test_ls_reads_the_journal_of_a_study_that_nobody_ended_once(
    handle: StudyHandle, driven: OptunaStudy, stores: Open
) -> None:
    driven.close()
    (read,) = summaries(stores())
    assert isinstance(read, StudySummary) and same(read, handle.store)
    assert same(kept_summary(handle.store), handle.store)


@pytest.mark.parametrize("change", [append, remove])
def test_ls_keeps_nothing_of_a_journal_that_changed_while_it_was_read(
    handle: StudyHandle,
    driven: OptunaStudy,
    stores: Open,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[StudyStore], None],
) -> None:
    driven.close()

    def looked(store: StudyStore) -> StudyView:
        view = look_at(store)
        change(store)
        return view

    monkeypatch.setattr("hpsearch.usecases.summary.look_at", looked)
    assert len(summaries(stores())) == 1
    assert handle.store.read(SUMMARY) is None


def test_what_another_program_wrote_meanwhile_is_in_no_summary(
    tmp_path: Path, experiment: Experiment
) -> None:
    from hpsearch.store.folder import FolderStudy

    store = FolderStudy(tmp_path / "sample")
    handle = StudyHandle(store, experiment, record_experiment(store, Source.of(experiment)))
    study = OptunaStudy(store, experiment)
    finish(study, TrialState.COMPLETE)
    backend = optuna.storages.journal.JournalFileBackend(str(store.layout.journal))
    other = optuna.load_study(
        study_name=experiment.name, storage=optuna.storages.JournalStorage(backend)
    )
    other.set_user_attr("note", "by a dashboard")
    keep_summary(handle, study)
    assert kept_summary(store) is None
    keep_summary(handle, study)  # the note is known by now
    assert same(kept_summary(store), store)
    study.close()
