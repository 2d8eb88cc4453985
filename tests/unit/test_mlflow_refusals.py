"""What MLflow would never take, or somebody deleted there: the others are recorded, each once."""

import hashlib
import math
import sys
from dataclasses import replace

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run, ViewType

from hpsearch.common.trial import Measurement, TrialRecord, TrialState, Value
from hpsearch.tracking.trash import find_runs
from hpsearch.tracking.values import CUT, LONGEST_PARAM, LONGEST_TAG, cut
from hpsearch.trainable.report_values import LARGEST_STEP, plain_metrics, whole_step
from tests.unit.test_mlflow_recorder import (
    CARD,
    Store,
    curve,
    ended,
    record_once,
    running,
    store,
    trash,
    until,
)

__all__ = ["store"]  # a fixture

# ---- long texts ----------------------------------------------------------------------------------


def test_texts_that_differ_only_behind_the_cut_stay_different(store: Store) -> None:
    texts = ["x" * 7000 + end for end in ("one", "two")]
    record_once(store, *(ended(n, params={"text": text}) for n, text in enumerate(texts)))
    held = [store.children()[n].data.params["text"] for n in (0, 1)]
    assert held[0] != held[1] and all(len(text) == LONGEST_PARAM for text in held)
    assert all(text.endswith(CUT) for text in held)
    assert hashlib.sha256(texts[0].encode()).hexdigest()[:16] in held[0]


@pytest.mark.parametrize("text", ["", "short", "é" * LONGEST_TAG, "\U0001f600" * LONGEST_TAG])
def test_what_fits_is_not_cut(text: str) -> None:
    assert cut(text, LONGEST_TAG) == text
    assert len(cut(text + "x" * LONGEST_TAG, LONGEST_TAG)) == LONGEST_TAG


def test_a_run_that_an_earlier_version_wrote_stays_as_it_is(store: Store) -> None:
    long = "x" * 9000
    params: dict[str, Value] = {"text": long, "sort_key": "name", "note": "sk-1234567890ab"}
    record = ended(0, params=params)
    # as it was written: cut without a hash, a plain name hidden, a secret shown
    written = {"text": long[: 6000 - 7] + "… [cut]", "sort_key": "***", "note": "sk-1234567890ab"}
    record_once(store, replace(record, params=dict(written)))  # nothing of this is cut or hidden
    (before,) = store.children().values()
    store.sql("UPDATE params SET value = 'sk-1234567890ab' WHERE key = 'note'")
    store.client.delete_tag(before.info.run_id, "hpsearch.trial_of")
    for _ in range(2):
        record_once(store, record)
        assert not trash(store)
        (after,) = store.children().values()
        assert after.info.run_id == before.info.run_id and after.data.params == written


def test_an_unfinished_run_of_an_earlier_version_goes_on(store: Store) -> None:
    record_once(store, ended(0, params={"text": "x" * 5990, "width": 8}))
    (run,) = store.children().values()
    store.client.set_tag(run.info.run_id, "hpsearch.state", "waiting")
    record_once(store, ended(0, params={"text": "x" * 5990, "width": 8, "new": 1}))
    assert store.children()[0].data.params["new"] == "1" and not trash(store)


# ---- what MLflow does not take -------------------------------------------------------------------


@pytest.mark.parametrize("step", [2**63, 2**100, -1])
def test_a_step_that_no_database_holds_is_refused_where_it_is_reported(step: int) -> None:
    with pytest.raises(ValueError, match="a step is a whole number from 0 to 2"):
        whole_step(step)
    assert whole_step(LARGEST_STEP) == LARGEST_STEP


def test_a_metric_that_no_float_holds_is_refused_where_it_is_reported() -> None:
    with pytest.raises(ValueError, match="`loss` is larger than a float"):
        plain_metrics({"loss": 10**400})


def test_odd_values_are_recorded(store: Store) -> None:
    params: dict[str, Value] = {
        "surrogate": "a\ud800", "nul": "a\x00b", "empty": "", "huge": 10**400, "new\nline": "a\nb",
        "na\ud800me": 1, "zero": -0.0, "tiny": 5e-324, "emoji": "\U0001f600", "quote": "'\"`%_",
    }  # fmt: skip
    metrics = {
        "accuracy": -0.0,
        "na\x00me": 5e-324,
        "lo\ud800ss": sys.float_info.max,
        "inf": math.inf,
    }
    record = ended(
        0,
        TrialState.FAILED,
        params=params,
        measurements=[Measurement(LARGEST_STEP, metrics, 0.0)],
        reason="no \ud800 \x00",
        traceback="no \ud800 \x00",
    )
    record_once(store, record)
    data = store.children()[0].data
    assert len(data.params) == len(params) and len(data.metrics) == len(metrics)
    assert data.params["surrogate"] == "a\\ud800" and data.params["huge"] == str(10**400)
    assert data.tags["hpsearch.reason"] == "no \\ud800 \\x00"
    runs = {run.info.run_id for run in store.runs()}
    record_once(store, record)
    assert {run.info.run_id for run in store.runs()} == runs


POISON = ended(0, measurements=[Measurement(2**63, {"accuracy": 0.5}, 0.0)], best_step=2**63)


def test_one_record_that_mlflow_never_takes_is_set_aside_with_its_reason(store: Store) -> None:
    recorder = store.open()
    for number in range(1, 4):
        recorder.finished(ended(number))
    recorder.finished(POISON)
    until(lambda: store.notices)
    (told,) = store.notices
    assert "MLflow refuses trial 0, the others are recorded" in told and "too large" in told
    recorder.finished(ended(4))
    until(lambda: len(store.runs("tags.`hpsearch.state` = 'complete'")) >= 4)
    assert recorder.close(30) == [0]
    assert {1, 2, 3, 4} <= store.children().keys()
    record_once_but_poison(store)


def record_once_but_poison(store: Store) -> None:
    """The next search tries again, says the same, and doubles nothing."""
    recorder = store.open()
    recorder.sync([POISON, *(ended(number) for number in range(1, 5))])
    assert recorder.close(30) == [0]
    assert len(store.children()) in (4, 5) and any(
        "refuses trial 0" in one for one in store.notices
    )


def test_a_running_trial_that_mlflow_refuses_is_tried_again_at_its_end(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hpsearch.tracking import pending

    monkeypatch.setattr(pending, "FLUSH_SECONDS", 0.0)
    recorder = store.open()
    recorder.started(running(0))
    recorder.measured(running(0), POISON.measurements)
    until(lambda: store.notices)
    recorder.measured(running(0), curve(0.5))
    recorder.finished(ended(0))
    assert recorder.close(30) == []
    assert store.points(store.children()[0])["accuracy"] == [(0, 0.5), (1, 0.9), (2, 0.7)]


def test_a_tag_that_a_person_changed_stops_nothing(store: Store) -> None:
    record_once(store, ended(0))
    (run,) = store.runs()
    store.client.set_tag(run.info.run_id, "hpsearch.trial", "the best one")
    record_once(store, ended(0), ended(1))
    numbers = sorted(run.data.tags["hpsearch.trial"] for run in store.runs())
    assert numbers == ["0", "1", "the best one"]


# ---- what somebody deleted -----------------------------------------------------------------------


def nested(store: Store) -> dict[int, Run]:
    """Return the trials' runs, each there once and under the living parent."""
    children = store.children()
    parent = store.parent().info.run_id
    assert {run.data.tags["mlflow.parentRunId"] for run in children.values()} == {parent}
    return children


def purge(store: Store, run_id: str) -> None:
    """Do what `mlflow gc` does."""
    store.client.delete_run(run_id)
    store.client._tracking_client.store._hard_delete_run(run_id)


def go_on(store: Store) -> None:
    recorder = store.open()
    recorder.sync([ended(0), ended(1), running(2)])
    recorder.started(running(2, attempt=2))
    recorder.finished(ended(2, attempt=2))
    recorder.finished(ended(3))
    assert recorder.close(30) == []


@pytest.fixture
def begun(store: Store) -> dict[int, str]:
    """Two finished trials and one that was interrupted; the runs' ids."""
    recorder = store.open()
    recorder.finished(ended(0))
    recorder.finished(ended(1))
    recorder.started(running(2))
    assert recorder.close(30, "KILLED") == []
    return {number: run.info.run_id for number, run in store.children().items()}


def test_a_parent_in_the_trash_is_restored_with_its_children(
    store: Store, begun: dict[int, str]
) -> None:
    parent = store.parent().info.run_id
    store.client.delete_run(parent)
    go_on(store)
    children = nested(store)
    assert store.parent().info.run_id == parent and set(children) == {0, 1, 2, 3}
    assert {n: children[n].info.run_id for n in begun} == begun


def test_a_purged_parent_is_made_anew_and_adopts_its_children(
    store: Store, begun: dict[int, str]
) -> None:
    purge(store, store.parent().info.run_id)
    go_on(store)
    children = nested(store)
    assert set(children) == {0, 1, 2, 3} and {n: children[n].info.run_id for n in begun} == begun
    tags = store.client.get_experiment_by_name(CARD.experiment).tags
    assert len([tag for tag in tags if tag.startswith("mlflow.sharedViewState")]) == 1


def test_children_in_the_trash_beside_their_parent_are_written_anew(
    store: Store, begun: dict[int, str]
) -> None:
    for run_id in [*begun.values(), store.parent().info.run_id]:
        store.client.delete_run(run_id)
    go_on(store)
    assert set(nested(store)) == {0, 1, 2, 3}


def test_the_runs_of_two_parents_become_one_study_again(
    store: Store, begun: dict[int, str]
) -> None:
    old = store.parent()
    # as the version before left it: the parent was deleted, a second one made, the first restored
    store.client.create_run(
        old.info.experiment_id, tags=dict(old.data.tags), start_time=old.info.start_time + 1000
    )
    for run_id in begun.values():
        store.client.delete_tag(run_id, "hpsearch.trial_of")
    go_on(store)
    parents = store.runs("tags.`hpsearch.study` = 'digits'")
    children = store.children()
    (parent,) = {run.data.tags["mlflow.parentRunId"] for run in children.values()}
    assert parent in {run.info.run_id for run in parents} and set(children) == {0, 1, 2, 3}


def test_a_restored_or_purged_experiment_holds_each_trial_once(
    store: Store, begun: dict[int, str]
) -> None:
    experiment = store.client.get_experiment_by_name(CARD.experiment).experiment_id
    store.client.delete_experiment(experiment)
    store.client.restore_experiment(experiment)
    go_on(store)
    assert set(nested(store)) == {0, 1, 2, 3}


def test_rm_finds_the_runs_of_a_parent_that_is_gone(store: Store, begun: dict[int, str]) -> None:
    uri = f"sqlite:///{store.file}"
    store.client.delete_run(store.parent().info.run_id)
    assert set(find_runs(uri, CARD.experiment, [CARD.id]).ids) == set(begun.values())
    experiment = store.client.get_experiment_by_name(CARD.experiment).experiment_id
    (gone,) = MlflowClient(uri).search_runs([experiment], "", ViewType.DELETED_ONLY)
    store.client._tracking_client.store._hard_delete_run(gone.info.run_id)
    assert set(find_runs(uri, CARD.experiment, [CARD.id]).ids) == set(begun.values())


def test_a_parent_deleted_while_the_search_runs_is_restored_by_the_next(
    store: Store,
) -> None:
    recorder = store.open()
    recorder.finished(ended(0))
    until(store.runs)
    store.client.delete_run(store.parent().info.run_id)
    recorder.finished(ended(1))
    assert recorder.close(30) == []
    records: list[TrialRecord] = [ended(0), ended(1)]
    record_once(store, *records)
    assert set(nested(store)) == {0, 1}
