"""MLflow as a projection of the journal: everything once, nothing lost, and the search never waits.

Against the real MLflow on SQLite files.
"""

import base64
import json
import math
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest
import torch
from mlflow import MlflowClient
from mlflow import environment_variables as settings
from mlflow.entities import Run, ViewType
from mlflow.exceptions import MlflowException
from torch import Tensor, nn

from hpsearch.common.errors import SearchFailed, UserError
from hpsearch.common.goal import Goal
from hpsearch.common.redaction import redacted
from hpsearch.common.trial import Measurement, Place, TrialRecord, TrialState
from hpsearch.engine import Listener
from hpsearch.tracking import Candidate, MlflowRecorder, StudyCard, pending, writer
from hpsearch.tracking.registry import Version
from hpsearch.tracking.saved_view import MOST_AXES
from hpsearch.tracking.values import CUT, LONGEST_PARAM, safe_name

BEGUN = datetime(2026, 11, 1, 12, 0, 0, 123456, tzinfo=UTC)
CARD = StudyCard(
    id="4f1c",
    name="digits",
    experiment="digits-experiment",
    goals=(Goal("accuracy", "maximize"),),
    resolved_yaml="name: digits\n",
    tags={"hpsearch.code": "abc123"},
)


def running(number: int, **fields: object) -> TrialRecord:
    record = TrialRecord(
        number, 40 + number, {"lr": 0.1 * number, "width": 8, "name": "é", "none": None},
        TrialState.RUNNING, BEGUN + timedelta(seconds=number), place=Place("host-1", 7, "cpu"),
    )  # fmt: skip
    return replace(record, **fields)  # type: ignore[arg-type]


def curve(*values: float) -> tuple[Measurement, ...]:
    return tuple(
        Measurement(step, {"accuracy": value, "loss": 1 - value}, 0.1234567 * step)
        for step, value in enumerate(values)
    )


def ended(number: int, state: TrialState = TrialState.COMPLETE, **fields: object) -> TrialRecord:
    measurements = curve(0.5, 0.9, 0.7)
    best: dict[str, object] = {"values": (0.9,), "best_step": 1}
    if state is TrialState.FAILED:
        best = {}
    return running(number).changed(
        state,
        **{
            "measurements": measurements,
            "finished": BEGUN + timedelta(seconds=number + 2),
            **best,
            **fields,
        },
    )


@dataclass
class Store:
    """An MLflow store in a folder, and recorders on it."""

    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "mlflow.db"

    @property
    def client(self) -> MlflowClient:
        return MlflowClient(f"sqlite:///{self.file}")

    def open(
        self, may_write: Callable[[], bool] = lambda: True, **changes: object
    ) -> MlflowRecorder:
        card = replace(CARD, **changes)  # type: ignore[arg-type]
        self.notices: list[str] = []
        recorder = MlflowRecorder(
            f"sqlite:///{self.file}",
            card,
            artifacts=self._artifacts,
            logs=self._logs,
            notify=self.notices.append,
            may_write=may_write,
        )
        recorder.open()
        return recorder

    @contextmanager
    def _artifacts(self, number: int) -> Iterator[Path | None]:
        folder = self.folder / f"trial-{number}"
        yield folder if folder.is_dir() else None

    @contextmanager
    def _logs(self, number: int) -> Iterator[Path | None]:
        folder = self.folder / "logs" / f"trial-{number}"
        yield folder if folder.is_dir() else None

    def runs(self, wanted: str = "tags.`hpsearch.trial` != ''") -> list[Run]:
        experiment = self.client.get_experiment_by_name(CARD.experiment)
        return list(self.client.search_runs([experiment.experiment_id], wanted))

    def children(self) -> dict[int, Run]:
        found = {int(run.data.tags["hpsearch.trial"]): run for run in self.runs()}
        assert len(found) == len(self.runs())  # each trial once
        return found

    def parent(self) -> Run:
        (run,) = self.runs("tags.`hpsearch.study` = 'digits'")
        return run

    def points(self, run: Run) -> dict[str, list[tuple[int, float]]]:
        history = {
            name: self.client.get_metric_history(run.info.run_id, name) for name in run.data.metrics
        }
        return {name: sorted((m.step, m.value) for m in found) for name, found in history.items()}

    def sql(self, statement: str) -> None:
        connection = sqlite3.connect(self.file, isolation_level=None)
        connection.execute(statement)
        connection.close()


@pytest.fixture
def store(empty_mlflow: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    shutil.copy(empty_mlflow, tmp_path / "mlflow.db")
    monkeypatch.chdir(tmp_path)  # MLflow puts artifacts into ./mlruns
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr(writer, "RETRY_SECONDS", (0.05,))
    return Store(tmp_path)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Running trials are written without delay."""
    monkeypatch.setattr(pending, "FLUSH_SECONDS", 0.0)


def until(condition: Callable[[], object], seconds: float = 300.0) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it never came true"
        time.sleep(0.02)


# ---- what is recorded --------------------------------------------------------------------------


def test_every_finished_trial_stands_once_with_equal_values(store: Store) -> None:
    recorder = store.open()
    records = [
        ended(0),
        ended(1, TrialState.PRUNED, reason="below the median"),
        ended(2, TrialState.FAILED, reason="ValueError: no", traceback="Traceback …"),
    ]
    for record in records:
        recorder.started(running(record.number))
        for measurement in record.measurements:
            recorder.measured(running(record.number), [measurement])
        recorder.finished(record)
    assert recorder.close(30) == []

    children = store.children()
    assert {n: run.info.status for n, run in children.items()} == {
        0: "FINISHED", 1: "KILLED", 2: "FAILED",
    }  # fmt: skip
    for record in records:
        run = children[record.number]
        assert run.data.params == {k: str(v) for k, v in record.params.items()}
        assert run.info.run_name == f"trial-{record.number:05d}"
        assert run.info.start_time == round(record.started.timestamp() * 1000)
        assert record.finished and run.info.end_time == round(record.finished.timestamp() * 1000)
        assert store.points(run)["accuracy"] == [(0, 0.5), (1, 0.9), (2, 0.7)]
        assert run.data.tags["mlflow.parentRunId"] == store.parent().info.run_id
    assert children[0].data.metrics["objective"] == 0.9  # its best, where the curve ends at 0.7
    assert "objective" not in children[2].data.metrics
    tags = children[1].data.tags
    assert (tags["hpsearch.state"], tags["hpsearch.reason"]) == ("pruned", "below the median")
    assert (tags["hpsearch.host"], tags["hpsearch.device"]) == ("host-1", "cpu")
    text = mlflow.artifacts.load_text(f"{children[2].info.artifact_uri}/traceback.txt")
    assert text == "Traceback …"


def test_trials_that_end_together_are_written_together() -> None:
    assert pending.news(ended(0)).due < pending.news(running(0)).due
    waiting = pending.Pending()
    waiting.add(pending.Entry(running(0), due=102.0))
    waiting.add(pending.Entry(ended(1), due=100.5))
    waiting.add(pending.Entry(ended(0), due=100.9))
    assert waiting.seconds_until_due(100.25) == 0.25
    assert {one.number for one in waiting.take(100.5)} == {0, 1}
    assert waiting.seconds_until_due(100.5) is None


def test_a_trial_that_ended_waits_no_longer_than_what_it_said_before() -> None:
    due = pending.Entry(running(0), due=7.0).followed_by(pending.Entry(ended(0), due=9.0)).due
    assert due == 7.0


def test_the_parent_run_says_what_was_searched(store: Store) -> None:
    assert store.open().close(30) == []
    parent = store.parent()
    assert (parent.info.run_name, parent.info.status) == ("digits", "FINISHED")
    assert parent.data.tags["hpsearch.objective"] == "maximize accuracy"
    assert parent.data.tags["hpsearch.code"] == "abc123"
    text = mlflow.artifacts.load_text(f"{parent.info.artifact_uri}/experiment.yaml")
    assert text == CARD.resolved_yaml


def saved_views(store: Store) -> dict[str, dict[str, Any]]:
    """Return the state of each saved view, as MLflow's UI reads it from the experiment's tags."""
    tags = store.client.get_experiment_by_name(CARD.experiment).tags
    found = {}
    for key, value in tags.items():
        packed = json.loads(value)["state"].removeprefix("deflate;")
        state = json.loads(zlib.decompress(base64.b64decode(packed)))
        found[key.removeprefix("mlflow.sharedViewState.")] = state
    return found


def test_the_best_trials_are_a_saved_view_of_mlflow(store: Store) -> None:
    store.open(searched={"width": True, "lr": True, "momentum": False}).close(5)
    (state,) = saved_views(store).values()
    assert state["searchFilter"] == f"tags.`mlflow.parentRunId` = '{store.parent().info.run_id}'"
    assert (state["orderByKey"], state["orderByAsc"]) == ("metrics.`objective`", False)
    assert state["selectedColumns"] == [
        "metrics.`objective`", "params.`width`", "params.`lr`", "params.`momentum`"
    ]  # fmt: skip
    parallel, line = state["compareRunCharts"]
    assert parallel["selectedParams"] == ["width", "lr"]  # a run without `momentum` is shown, too
    assert parallel["selectedMetrics"] == ["objective"] and line["metricKey"] == "accuracy"


def test_a_saved_view_fits_into_a_tag_whatever_is_searched(store: Store) -> None:
    names = {f"{'a_long_name_' * 15}{number}": True for number in range(200)}
    store.open(searched=names).close(5)
    (tag,) = store.client.get_experiment_by_name(CARD.experiment).tags.values()
    assert len(tag) < 5000
    (state,) = saved_views(store).values()
    assert len(state["compareRunCharts"][0]["selectedParams"]) == MOST_AXES


def test_each_study_has_its_view_and_what_a_person_changed_stays(store: Store) -> None:
    store.open().close(5)
    (name,) = saved_views(store)
    experiment = store.client.get_experiment_by_name(CARD.experiment).experiment_id
    store.client.set_experiment_tag(experiment, f"mlflow.sharedViewState.{name}", "mine")
    store.open(searched={"width": True}).close(5)
    store.open(id="another").close(5)
    tags = store.client.get_experiment(experiment).tags
    assert len(tags) == 2 and tags[f"mlflow.sharedViewState.{name}"] == "mine"


def test_files_for_people_become_artifacts_of_their_trial(store: Store) -> None:
    (store.folder / "trial-0" / "plots").mkdir(parents=True)
    (store.folder / "trial-0" / "plots" / "curve.svg").write_text("<svg/>")
    recorder = store.open()
    recorder.finished(ended(0))
    recorder.finished(ended(1))
    assert recorder.close(30) == []
    children = store.children()
    place = Path(children[0].info.artifact_uri)
    assert (place / "plots" / "curve.svg").read_text() == "<svg/>"
    assert place.is_relative_to(store.folder / "mlruns")  # where `mlflow ui` in that folder looks
    assert not Path(children[1].info.artifact_uri).exists()


def test_what_a_trial_printed_is_an_artifact_of_its_run(store: Store) -> None:
    (log := store.folder / "logs" / "trial-0" / "attempt-1.log").parent.mkdir(parents=True)
    log.write_text("     0.000  hello\n")
    recorder = store.open()
    recorder.finished(ended(0))
    assert recorder.close(30) == []
    place = Path(store.children()[0].info.artifact_uri)
    assert (place / "logs" / "attempt-1.log").read_text() == "     0.000  hello\n"


def test_several_objectives_are_a_metric_each(store: Store) -> None:
    goals = (Goal("accuracy", "maximize"), Goal("loss", "minimize"))
    recorder = store.open(goals=goals)
    recorder.finished(ended(0, values=(0.7, 0.3), best_step=2))
    assert recorder.close(30) == []
    metrics = store.children()[0].data.metrics
    assert (metrics["objective_accuracy"], metrics["objective_loss"]) == (0.7, 0.3)


def test_values_that_are_no_numbers_break_nothing(store: Store) -> None:
    measurements = [
        Measurement(step, {"odd": value, "accuracy": 0.5}, step)
        for step, value in enumerate([math.nan, math.inf, -math.inf, 1.0])
    ]
    recorder = store.open()
    recorder.finished(ended(0, measurements=measurements, values=(0.5,), best_step=0))
    assert recorder.close(30) == []
    values = dict(store.points(store.children()[0])["odd"])
    assert math.isnan(values[0])
    assert (values[1], values[2], values[3]) == (sys.float_info.max, -sys.float_info.max, 1.0)


def test_more_than_fits_into_one_call_is_recorded_whole(store: Store) -> None:
    params = {f"parameter_{i}": i for i in range(150)}
    measurements = [Measurement(step, {"accuracy": 0.5, "b": step}, step) for step in range(1100)]
    recorder = store.open()
    recorder.finished(ended(0, params=params, measurements=measurements, values=(), best_step=None))
    assert recorder.close(60) == []
    run = store.children()[0]
    assert len(run.data.params) == 150
    assert [value for _, value in store.points(run)["b"]] == list(range(1100))


def test_long_texts_are_cut_with_a_mark(store: Store) -> None:
    recorder = store.open()
    recorder.finished(ended(0, params={"text": "x" * 9000}, reason="y" * 9000))
    assert recorder.close(30) == []
    data = store.children()[0].data
    assert len(data.params["text"]) == LONGEST_PARAM
    assert data.params["text"].endswith(CUT) and data.tags["hpsearch.reason"].endswith(CUT)


NAMES = [
    "val/accuracy",
    "top-5 (%)",
    "a@b",
    "a#b",
    "/root",
    "../up",
    "a//b",
    "",
    ".",
    "ü",
    "x" * 300,
]


def test_no_name_is_refused_and_no_two_become_one(store: Store) -> None:
    recorder = store.open()
    measured = [Measurement(0, {name: float(i) for i, name in enumerate(NAMES)}, 0.0)]
    params = {name: i for i, name in enumerate(NAMES)}
    recorder.finished(ended(0, params=params, measurements=measured, values=(), best_step=None))
    assert recorder.close(30) == []
    data = store.children()[0].data
    assert data.metrics == {safe_name(name): float(i) for i, name in enumerate(NAMES)}
    assert data.params == {safe_name(name): str(i) for i, name in enumerate(NAMES)}
    assert len(data.metrics) == len(NAMES)
    assert safe_name("val/accuracy") == "val/accuracy"


# ---- once, after whatever happened ---------------------------------------------------------------


def test_the_same_parent_goes_on_after_a_restart(store: Store) -> None:
    first = store.open()
    first.finished(ended(0))
    assert first.close(30, "KILLED") == []
    assert store.parent().info.status == "KILLED"
    second = store.open(tags={"hpsearch.code": "def456"})
    assert store.parent().info.status == "RUNNING"
    second.sync([ended(0)])
    second.finished(ended(1))
    assert second.close(30) == []
    assert set(store.children()) == {0, 1}
    assert store.parent().data.tags["hpsearch.code"] == "def456"


def test_a_driver_that_lost_the_study_leaves_its_runs_to_the_next_one(store: Store) -> None:
    lost = threading.Event()
    first = store.open(lambda: not lost.is_set())
    first.started(running(0))
    assert first._writer.wait_for(0, 30)
    lost.set()
    second = store.open()
    second.sync([running(0)])
    second.started(running(0, attempt=2))
    second.finished(ended(1))
    assert all(second._writer.wait_for(number, 30) for number in (0, 1))
    first.close(30, "FAILED")
    assert store.parent().info.status == "RUNNING" == store.children()[0].info.status
    second.finished(ended(0, attempt=2))
    assert second.close(30) == [] and sorted(store.children()) == [0, 1]


def test_another_study_of_the_same_name_has_a_parent_of_its_own(store: Store) -> None:
    store.open().close(30)
    store.open(id="other").close(30)
    assert len(store.runs("tags.`hpsearch.study` = 'digits'")) == 2


KILLED_DRIVER = """
import os, sys, time
from hpsearch.tracking import MlflowRecorder, pending
from tests.unit.test_mlflow_recorder import CARD, Store, curve, ended, running, until
from pathlib import Path

pending.FLUSH_SECONDS = 0.0
store = Store(Path.cwd())
recorder = store.open()
recorder.finished(ended(0))
recorder.started(running(1))
recorder.measured(running(1), curve(0.5))
recorder.started(running(2))
until(lambda: len(store.runs()) == 3 and store.children()[1].data.metrics)
os._exit(9)
"""


def test_sync_after_a_kill_writes_what_is_missing_and_nothing_twice(store: Store) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    script = [sys.executable, "-W", "ignore", "-c", KILLED_DRIVER]
    done = subprocess.run(script, cwd=store.folder, env=environment, timeout=300, check=False)
    assert done.returncode == 9
    before = {number: run.info.run_id for number, run in store.children().items()}

    # meanwhile the journal has trial 1 as finished, 2 as to be begun again, and a 3rd as failed
    journal = [ended(0), ended(1), running(2), ended(3, TrialState.FAILED)]
    recorder = store.open()
    recorder.sync(journal)
    recorder.started(running(2, attempt=2))
    recorder.finished(ended(2, attempt=2))
    assert recorder.close(30) == []

    children = store.children()
    assert {n: run.info.run_id for n, run in children.items() if n in before} == before
    assert {n: run.info.status for n, run in children.items()} == {
        0: "FINISHED", 1: "FINISHED", 2: "FINISHED", 3: "FAILED",
    }  # fmt: skip
    for run in children.values():
        assert store.points(run)["accuracy"] == [(0, 0.5), (1, 0.9), (2, 0.7)]
    assert children[2].data.tags["hpsearch.attempt"] == "2"

    again = store.open()
    again.sync([ended(0), ended(1), ended(2), ended(3, TrialState.FAILED)])
    assert again.close(30) == []
    assert {n: r.info.run_id for n, r in store.children().items()} == {
        n: r.info.run_id for n, r in children.items()
    }


@pytest.mark.usefixtures("at_once")
def test_an_interrupted_trial_waits_and_goes_on_in_its_run(store: Store) -> None:
    recorder = store.open()
    recorder.started(running(0))
    recorder.measured(running(0), curve(0.5))
    assert recorder.close(30, "KILLED") == []
    (before,) = store.children().values()
    assert (before.data.tags["hpsearch.state"], before.info.status) == ("waiting", "KILLED")

    recorder = store.open()
    recorder.sync([running(0)])
    recorder.started(running(0, attempt=2))
    until(lambda: store.children()[0].info.status == "RUNNING")
    recorder.finished(ended(0, attempt=2))
    assert recorder.close(30) == []
    (after,) = store.children().values()
    assert (after.info.run_id, after.info.status) == (before.info.run_id, "FINISHED")
    assert store.points(after)["accuracy"] == [(0, 0.5), (1, 0.9), (2, 0.7)]


@pytest.mark.usefixtures("at_once")
def test_points_that_the_journal_does_not_have_do_not_stay(store: Store) -> None:
    recorder = store.open()
    recorder.started(running(0))
    recorder.measured(running(0), curve(0.5, 0.1, 0.2, 0.3))  # of an attempt that was lost
    until(lambda: "accuracy" in (store.runs() or [store.parent()])[0].data.metrics)
    recorder.finished(ended(0, attempt=2, measurements=curve(0.5, 0.9)))
    assert recorder.close(30) == []
    (run,) = store.children().values()
    assert [step for step, _ in store.points(run)["accuracy"]] == [0, 1]


def test_a_second_run_of_a_trial_is_put_into_the_trash(store: Store) -> None:
    recorder = store.open()
    recorder.finished(ended(0))
    recorder.close(30)
    (run,) = store.children().values()
    # as after a lost answer: MLflow made a run that the driver never heard of
    store.client.create_run(run.info.experiment_id, tags=dict(run.data.tags))
    recorder = store.open()
    recorder.sync([ended(0)])
    assert recorder.close(30) == []
    (left,) = store.children().values()
    assert left.info.run_id == run.info.run_id


# ---- when the journal says something else --------------------------------------------------------


def trash(store: Store) -> list[Run]:
    experiment = store.client.get_experiment_by_name(CARD.experiment)
    return list(store.client.search_runs([experiment.experiment_id], "", ViewType.DELETED_ONLY))


def record_once(store: Store, *records: TrialRecord) -> None:
    recorder = store.open()
    recorder.sync(records)
    assert recorder.close(30) == []


def test_a_trial_that_the_journal_now_calls_failed_does_not_stay_finished(store: Store) -> None:
    record_once(store, ended(0), ended(1))
    before = store.children()
    lost = replace(ended(1, TrialState.FAILED, measurements=()), params={"width": 8})
    record_once(store, ended(0), lost)
    after = store.children()
    assert after[0].info.run_id == before[0].info.run_id
    assert (after[1].info.status, after[1].data.params) == ("FAILED", {"width": "8"})
    (away,) = trash(store)
    assert away.info.run_id == before[1].info.run_id
    assert "other hyperparameters" in away.data.tags["hpsearch.reason"]
    assert away.data.params["lr"] == "0.1"  # a person may restore it


def test_runs_of_trials_that_the_journal_has_lost_are_put_away(store: Store) -> None:
    record_once(store, ended(0), ended(1))
    record_once(store, ended(0))
    assert set(store.children()) == {0} and len(trash(store)) == 1
    record_once(store)  # not one is left
    assert not store.children() and len(trash(store)) == 2


def test_a_new_trial_under_a_number_that_mlflow_has_seen_gets_a_run_of_its_own(
    store: Store,
) -> None:
    record_once(store, ended(0))
    recorder = store.open()
    recorder.sync([])
    recorder.started(running(0, params={"lr": 9.0}))
    recorder.finished(ended(0, params={"lr": 9.0}))
    assert recorder.close(30) == []
    assert store.children()[0].data.params == {"lr": "9.0"}
    assert len(trash(store)) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"state": TrialState.PRUNED},
        {"values": (0.7,), "best_step": 2},
        {"state": TrialState.FAILED, "values": (), "best_step": None, "measurements": curve(0.5)},
    ],
)
def test_a_run_that_ended_otherwise_is_brought_up_to_the_journal(
    store: Store, changes: dict[str, object]
) -> None:
    record_once(store, ended(0))
    record = replace(ended(0), **changes)  # type: ignore[arg-type]
    record_once(store, record)
    (run,) = store.children().values()
    assert run.data.tags["hpsearch.state"] == record.state.value
    assert run.data.metrics.get("objective") == (record.values or (None,))[0]
    assert len(store.points(run)["accuracy"]) == len(record.measurements)
    runs = [store.children()[0].info.run_id, *(run.info.run_id for run in trash(store))]
    record_once(store, record)
    assert [store.children()[0].info.run_id, *(run.info.run_id for run in trash(store))] == runs


# ---- while MLflow is away ------------------------------------------------------------------------


@pytest.mark.usefixtures("at_once")
def test_the_search_never_waits_for_a_store_that_hangs(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "SLOW_SECONDS", 0.01)
    recorder = store.open()
    lock = sqlite3.connect(store.file, isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    for number in range(50):
        recorder.started(running(number))
        recorder.measured(running(number), curve(0.5))
        recorder.finished(ended(number))
    assert not store.notices  # one that had waited for the lock would have failed by now
    time.sleep(0.5)
    lock.execute("ROLLBACK")
    lock.close()
    assert recorder.close(60) == []
    assert len(store.children()) == 50
    (told,) = store.notices
    assert "MLflow is slow" in told


def test_what_failed_is_tried_again_until_it_is_there(store: Store) -> None:
    recorder = store.open()
    store.sql("ALTER TABLE metrics RENAME TO gone")
    recorder.finished(ended(0))
    recorder.finished(ended(1))
    until(lambda: any("no such table: metrics" in notice for notice in store.notices))
    store.sql("ALTER TABLE gone RENAME TO metrics")
    until(lambda: len(store.notices) == 2)
    assert recorder.close(30) == []
    assert "the search continues without it" in store.notices[0]
    assert "answers again" in store.notices[1] and len(store.notices) == 2
    for run in store.children().values():
        assert store.points(run)["accuracy"] == [(0, 0.5), (1, 0.9), (2, 0.7)]


def test_a_trial_that_mlflow_refuses_does_not_hold_up_the_others(store: Store) -> None:
    recorder = store.open()
    recorder.finished(ended(0, started=datetime(1960, 1, 1, tzinfo=UTC)))  # before MLflow's time
    until(lambda: store.notices)
    recorder.finished(ended(1))
    until(lambda: 1 in {int(run.data.tags["hpsearch.trial"]) for run in store.runs()})
    assert recorder.close(1) == [0]


def test_close_names_the_trials_that_mlflow_misses(store: Store) -> None:
    recorder = store.open()
    store.sql("ALTER TABLE metrics RENAME TO gone")
    recorder.finished(ended(3))
    recorder.finished(ended(1))
    begun = time.monotonic()
    assert recorder.close(0.5) == [1, 3]
    assert time.monotonic() - begun < 60
    assert recorder.close(0.5) == [1, 3]
    store.sql("ALTER TABLE gone RENAME TO metrics")
    recorder = store.open()
    recorder.sync([ended(1), ended(3)])
    assert recorder.close(30) == []
    assert set(store.children()) == {1, 3}


def test_a_run_that_someone_deleted_is_written_anew(store: Store) -> None:
    recorder = store.open()
    recorder.finished(ended(0))
    recorder.close(30)
    store.client.delete_run(store.children()[0].info.run_id)
    recorder = store.open()
    recorder.sync([ended(0)])
    assert recorder.close(30) == []
    assert store.children()[0].info.status == "FINISHED"


# ---- opening -------------------------------------------------------------------------------------


def refusal(uri: str | None, **changes: object) -> str:
    with pytest.raises(UserError) as caught:
        MlflowRecorder(uri, replace(CARD, **changes)).open()  # type: ignore[arg-type]
    return str(caught.value)


def test_credentials_never_reach_messages() -> None:
    begun = time.monotonic()
    message = refusal("http://bob:hunter2@127.0.0.1:1/mlflow")
    assert time.monotonic() - begun < 60
    assert "MLflow cannot record at http://bob:***@127.0.0.1:1/mlflow" in message
    assert "hunter2" not in message
    recorder = MlflowRecorder("postgresql://bob:hunter2@host/db", CARD)
    assert "hunter2" not in recorder.address


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sqlite:///a/b.db", "sqlite:///a/b.db"),
        ("http://host:5000/a@b", "http://host:5000/a@b"),
        ("http://u:p@host:5000/x", "http://u:***@host:5000/x"),
        ("http://token@host", "http://***@host"),
        ("postgresql+psycopg2://u:p/a@s:s@h/d", "postgresql+psycopg2://u:***@h/d"),
        ("at 'http://u:p@h' and b@c", "at 'http://u:***@h' and b@c"),
        ("mysql://h/d?user=u&password=p&ssl=1", "mysql://h/d?user=u&password=***&ssl=1"),
    ],
)
def test_redacted_hides_passwords_and_nothing_else(text: str, expected: str) -> None:
    assert redacted(text) == expected


def test_a_store_that_cannot_be_is_refused_at_once(tmp_path: Path) -> None:
    file = tmp_path / "notes.db"
    file.write_text("this is no database, but it is long enough to be looked at " * 20)
    begun = time.monotonic()
    assert "not a database" in refusal(f"sqlite:///{file}")
    assert "unable to open" in refusal(f"sqlite:///{tmp_path}")
    assert "maintenance mode" in refusal(f"file:{tmp_path}")
    assert time.monotonic() - begun < 60


def test_a_server_that_is_not_there_is_told_in_the_systems_words() -> None:
    message = refusal("http://127.0.0.1:1")
    assert "Connection refused" in message and "HTTPConnectionPool" not in message


def test_an_old_mlruns_folder_is_refused_with_mlflows_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mlruns" / "0").mkdir(parents=True)
    (tmp_path / "mlruns" / "0" / "meta.yaml").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    message = refusal(None)
    assert f"file://{tmp_path}/mlruns" in message
    assert "maintenance mode" in message


def test_a_deleted_experiment_is_named(store: Store) -> None:
    store.open().close(30)
    experiment = store.client.get_experiment_by_name(CARD.experiment)
    store.client.delete_experiment(experiment.experiment_id)
    assert "`digits-experiment` is in MLflow's trash" in refusal(f"sqlite:///{store.file}")


def test_without_a_uri_mlflow_itself_chooses(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = MlflowRecorder(None, CARD)
    recorder.open()
    assert recorder.address == f"sqlite:///{store.file}"
    recorder.close(30)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{store.folder}/./mlflow.db")
    recorder = MlflowRecorder(None, CARD)
    recorder.open()
    assert recorder.address == f"sqlite:///{store.folder}/./mlflow.db"
    recorder.close(30)


DRIVER = """
from pathlib import Path
from tests.unit.test_mlflow_recorder import Store, ended

recorder = Store(Path.cwd()).open()
recorder.finished(ended(0))
assert recorder.close(60) == []
"""


@pytest.mark.slow
def test_two_drivers_may_make_a_new_store_at_once(tmp_path: Path) -> None:
    # without the lock the second one fails: table latest_metrics already exists
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    script = [sys.executable, "-W", "ignore", "-c", DRIVER]
    drivers = [subprocess.Popen(script, cwd=tmp_path, env=environment) for _ in range(2)]
    assert [driver.wait(100) for driver in drivers] == [0, 0]


def test_mlflow_keeps_quiet_and_nothing_leaks(
    store: Store, capfd: pytest.CaptureFixture[str]
) -> None:
    before = dict(os.environ)
    recorder = MlflowRecorder(f"sqlite:///{store.folder}/new.db", CARD)
    recorder.open()
    recorder.finished(ended(0))
    assert recorder.close(60) == []
    assert capfd.readouterr() == ("", "")
    unchanged = {k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"}
    assert unchanged == {k: v for k, v in before.items() if k != "PYTEST_CURRENT_TEST"}
    assert mlflow.active_run() is None
    assert mlflow.get_tracking_uri() == f"sqlite:///{store.file}"  # of the folder, not ours


def test_mlflow_loads_no_pickle_in_the_driver(store: Store, tmp_path: Path) -> None:
    saved = str(tmp_path / "pickled")

    # MLflow warns of a function without this decorator, or without type hints
    @mlflow.pyfunc.utils.pyfunc  # type: ignore[untyped-decorator]
    def echo(model_input: list[str]) -> list[str]:
        return model_input

    mlflow.pyfunc.save_model(saved, python_model=echo, pip_requirements=[])
    recorder = store.open()
    try:
        with pytest.raises(MlflowException, match="MLFLOW_ALLOW_PICKLE_DESERIALIZATION"):
            mlflow.pyfunc.load_model(saved)
    finally:
        recorder.close(30)
    assert settings.MLFLOW_ALLOW_PICKLE_DESERIALIZATION.get()  # afterwards it is as before


def test_the_recorder_is_a_listener() -> None:
    listener: Listener = MlflowRecorder(None, CARD)
    listener.started(running(0))  # before `open`, too, nothing waits and nothing raises
    listener.measured(running(0), curve(0.5))
    listener.finished(ended(0))


def test_importing_the_recorder_imports_neither_mlflow_nor_torch() -> None:
    code = (
        "import sys, hpsearch.tracking\n"
        "sys.exit(bool({'mlflow', 'torch', 'numpy'} & sys.modules.keys()))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=300)


# ---- the best model ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Served:
    module: nn.Module
    example: Tensor


class Branching(nn.Module):
    """What torch cannot trace: it looks at its data."""

    def forward(self, images: Tensor) -> Tensor:
        return images if images.sum() > 0 else -images


@pytest.fixture
def served() -> Iterator[Served]:
    torch.manual_seed(0)
    module = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5), nn.Flatten(),
        nn.Linear(144, 10), nn.Softmax(dim=1),
    )  # fmt: skip
    yield Served(module.eval(), torch.zeros(2, 1, 8, 8))


def candidate(number: int, model: Served, value: float = 0.9, **fields: object) -> Candidate:
    record, goal = ended(number), CARD.goals[0]
    given = {"goal": goal, **fields}
    return Candidate("digits", record, model, value=value, **given)  # type: ignore[arg-type]


def test_champion_is_loadable_by_pyfunc_for_any_batch_size(
    store: Store, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = store.open()
    recorder.finished(ended(4))
    assert recorder.publish(candidate(4, served)) == Version("1", ("champion",))
    assert recorder.close(30) == []
    client = store.client
    version = client.get_model_version_by_alias("digits", "champion")
    assert version.tags == {
        "hpsearch.trial": "4",
        "hpsearch.study_id": "4f1c",
        "hpsearch.objective": "maximize accuracy",
        "hpsearch.value": "0.9",
    }
    run = client.get_run(version.run_id)
    assert run.data.tags["hpsearch.trial"] == "4"
    (output,) = run.outputs.model_outputs
    assert version.source == f"models:/{output.model_id}"
    logged = client.get_logged_model(output.model_id)
    assert (logged.source_run_id, logged.params["width"]) == (version.run_id, "8")
    assert {metric.key: metric.value for metric in logged.metrics} == {
        "accuracy": 0.9,
        "loss": pytest.approx(0.1),
    }
    assert store.points(run)["accuracy"] == [(0, 0.5), (1, 0.9), (2, 0.7)]  # each point once

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)  # and where there is a GPU, too
    model = mlflow.pyfunc.load_model("models:/digits@champion")  # in the store's folder
    for size in (1, 2, 5):
        images = np.random.default_rng(0).random((size, 1, 8, 8), dtype=np.float32)
        with torch.inference_mode():
            expected = served.module(torch.from_numpy(images)).numpy()
        np.testing.assert_allclose(model.predict(images), expected, rtol=1e-5)
    assert model.metadata.signature.inputs.inputs[0].shape == (-1, 1, 8, 8)


def test_publishing_again_makes_no_second_version(store: Store, served: Served) -> None:
    recorder = store.open()
    recorder.finished(ended(0))
    first = Version("1", ("champion",))
    assert recorder.publish(candidate(0, served)) == first
    assert recorder.publish(candidate(0, served)) == first
    # as after a kill between version and alias
    store.client.delete_registered_model_alias("digits", "champion")
    assert recorder.publish(candidate(0, served)) == first
    # as after a kill between model and version
    store.client.delete_model_version("digits", "1")
    assert recorder.publish(candidate(0, served)) == Version("2", ("champion",))
    experiment = store.client.get_experiment_by_name(CARD.experiment).experiment_id
    assert len(store.client.search_logged_models([experiment])) == 1
    recorder.close(30)


@pytest.fixture
def registry(store: Store, served: Served) -> Iterator[Callable[..., Version | None]]:
    """Publish a trial of a value."""
    recorder = store.open()
    for number in range(7):
        recorder.finished(ended(number))

    def publish(number: int, value: float, **fields: object) -> Version | None:
        return recorder.publish(candidate(number, served, value, **fields))

    yield publish
    recorder.close(30)


def aliases(store: Store) -> dict[str, str]:
    held = store.client.get_registered_model("digits").aliases
    return {alias: str(version) for alias, version in held.items()}


def test_a_version_is_made_only_where_a_search_found_something_better(
    store: Store, registry: Callable[..., Version | None]
) -> None:
    registry(0, 0.9)
    assert registry(1, 0.9) is None
    assert registry(2, 0.8) is None
    assert registry(3, 0.95) == Version("2", ("champion",))
    assert aliases(store) == {"champion": "2", "previous": "1"}
    assert registry(0, 0.9) == Version("1", ("previous",))
    assert aliases(store) == {"champion": "2", "previous": "1"}


def test_a_search_challenges_a_confirmed_champion_and_does_not_replace_it(
    store: Store, registry: Callable[..., Version | None]
) -> None:
    registry(0, 0.9)
    assert registry(1, 0.9, is_confirmed=True) == Version("2", ("champion",))
    assert aliases(store) == {"champion": "2", "previous": "1"}
    assert registry(0, 0.9) == Version("1", ("previous",))  # what was confirmed is no challenger
    assert registry(3, 0.95) == Version("3", ("challenger",))
    assert registry(4, 0.93) is None
    assert registry(5, 0.97) == Version("4", ("challenger",))
    assert aliases(store) == {"champion": "2", "previous": "1", "challenger": "4"}
    # a confirmation in which the challenger was compared
    assert registry(6, 0.97, is_confirmed=True) == Version("5", ("champion",))
    assert aliases(store) == {"champion": "5", "previous": "2"}


def test_a_champion_of_another_objective_is_replaced(
    store: Store, registry: Callable[..., Version | None]
) -> None:
    registry(0, 0.9)
    assert registry(1, 0.1, goal=Goal("loss", "minimize")) == Version("2", ("champion",))
    assert registry(2, 0.2, goal=Goal("loss", "minimize")) is None


def test_an_earlier_confirmation_told_again_takes_nothing_from_a_later_one(
    store: Store, served: Served, registry: Callable[..., Version | None]
) -> None:
    registry(0, 0.9, is_confirmed=True)
    other = store.open(id="beef", name="other")
    other.finished(ended(0))
    other.publish(candidate(0, served, 0.8, is_confirmed=True))
    assert aliases(store) == {"champion": "2", "previous": "1"}
    assert registry(0, 0.9, is_confirmed=True) == Version("1", ("previous",))
    # one that was killed before its alias gets it all the same
    other.finished(ended(1))
    other.publish(candidate(1, served, 0.8, is_confirmed=True))
    store.client.set_registered_model_alias("digits", "champion", "1")
    assert other.publish(candidate(1, served, 0.8, is_confirmed=True)) == Version(
        "3", ("champion",)
    )
    other.close(30)


def test_a_model_that_cannot_be_traced_is_no_bug_of_mlflow(store: Store, served: Served) -> None:
    recorder = store.open()
    recorder.finished(ended(0))
    with pytest.raises(SearchFailed, match="untraceable-model"):
        recorder.publish(candidate(0, Served(Branching(), served.example)))
    with pytest.raises(SearchFailed, match="no run of trial 9"):
        recorder.publish(candidate(9, served))
    recorder.close(30)
