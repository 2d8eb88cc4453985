"""Searches that record in one SQLite file at once: everything of each arrives."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import TEMPORARILY_UNAVAILABLE

from hpsearch.tracking import patience
from hpsearch.tracking.pending import Entry
from hpsearch.tracking.runs import SHOWN_TAG, Runs
from hpsearch.tracking.study_card import StudyCard
from hpsearch.tracking.transaction import one_transaction
from tests.unit.test_mlflow_recorder import CARD, Store, ended, store

__all__ = ["store"]  # a fixture

SEARCHES, TRANSACTIONS = 3, 4


def card(study: int) -> StudyCard:
    return StudyCard(f"id-{study}", f"study-{study}", CARD.experiment, CARD.goals, "name: one")


def test_transactions_of_several_searches_of_a_process_take_turns(store: Store) -> None:
    searches = [Runs(store.client, card(study)) for study in range(SEARCHES)]
    together = threading.Barrier(SEARCHES)

    def record(runs: Runs) -> None:
        for number in range(TRANSACTIONS):
            together.wait(300)
            runs.write([Entry(ended(2 * number)), Entry(ended(2 * number + 1))])

    with ThreadPoolExecutor(SEARCHES) as threads:
        assert [*threads.map(record, searches)] == [None] * SEARCHES
    assert len(store.runs()) == SEARCHES * TRANSACTIONS * 2
    assert {run.info.status for run in store.runs()} == {"FINISHED"}


def test_a_transaction_leaves_the_store_as_it_was(store: Store) -> None:
    tracking = store.client._tracking_client.store
    names = ("ManagedSessionMaker", "get_experiment", "_get_run_inputs")
    before = [getattr(tracking, name) for name in names]
    runs = Runs(store.client, CARD)
    runs.write([Entry(ended(0)), Entry(ended(1))])
    with pytest.raises(MlflowException), one_transaction(store.client):
        store.client.create_run(runs.experiment_id)
        raise ZeroDivisionError  # MLflow wraps it
    assert [getattr(tracking, name) for name in names] == before
    assert len(store.runs()) == 2


@pytest.mark.parametrize("call", ["show", "close"])
def test_what_ends_a_search_is_tried_again_while_the_store_is_busy(
    store: Store, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    monkeypatch.setattr(patience, "PAUSE_SECONDS", 0.01)
    recorder = store.open()
    answer, refusals = getattr(Runs, call), ["database is locked"] * 3

    def busy_at_first(runs: Runs, *given: Any) -> None:
        if refusals:
            raise MlflowException(refusals.pop(), error_code=TEMPORARILY_UNAVAILABLE)
        answer(runs, *given)

    monkeypatch.setattr(Runs, call, busy_at_first)
    recorder.finished(ended(0))
    recorder.show({"report.html": b"page"}, "the state")
    assert recorder.close(60) == []
    parent = store.parent()
    assert not refusals
    assert parent.data.tags[SHOWN_TAG] == "the state"
    assert parent.info.status == "FINISHED"
    assert store.notices == []


def test_what_a_store_refuses_for_good_is_not_tried_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = store.open()
    calls = []

    def refuse(runs: Runs, *given: Any) -> None:
        calls.append(given)
        raise MlflowException("no files here")

    monkeypatch.setattr(Runs, "show", refuse)
    recorder.show({"report.html": b"page"}, "the state")
    assert recorder.close(60) == []
    assert len(calls) == 1
    assert store.notices == ["MLflow did not take the report: no files here"]
