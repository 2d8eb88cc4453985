"""What is logged is kept: on an axis of its own, once, and never as the trial's value."""

import json
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpsearch.analysis.overview import Importance
from hpsearch.cli.render.tables import curve_table
from hpsearch.common.errors import SearchFailed
from hpsearch.common.trial import Measurement, TrialRecord, TrialState
from hpsearch.display.board import Board
from hpsearch.engine import by_axis, each_once
from hpsearch.engine.curve import Curve
from hpsearch.reports.page import render_page
from hpsearch.reports.subject import Subject
from hpsearch.strategies import read_study
from hpsearch.tracking.values import curve
from hpsearch.usecases.data import trial_detail
from tests.support import Bench, make_experiment

ONE = {"trials": 1}


def points(record: TrialRecord) -> dict[tuple[str, int], float]:
    """Return the record's values by metric and step; each is there once."""
    found = [((n, m.step), v) for m in record.measurements for n, v in m.metrics.items()]
    assert not [place for place, times in Counter(p for p, _ in found).items() if times > 1]
    return dict(found)


def test_the_losses_of_the_first_batches_are_kept_though_logged_at_higher_steps(
    bench: Bench,
) -> None:
    (record,) = bench.run_code(
        """
def train(params, trial):
    for epoch in range(2):
        for batch in range(3):
            trial.log(3 * epoch + batch, {"loss": float(epoch - batch)})
        trial.report(epoch, {"value": float(epoch)})
""",
        budget=ONE,
    )
    assert [m.step for m in record.measurements if "loss" in m.metrics] == [0, 1, 2, 3, 4, 5]
    assert [m.step for m in record.measurements if "value" in m.metrics] == [0, 1]
    assert (record.state, record.values) == (TrialState.COMPLETE, (1.0,))


def test_a_test_metric_at_the_best_step_is_kept_after_the_last_report(bench: Bench) -> None:
    (record,) = bench.run_code(
        """
def train(params, trial):
    for step, value in enumerate([1.0, 3.0, 2.0]):
        trial.report(step, {"value": value})
    trial.log(1, {"test": 0.5})
""",
        budget=ONE,
    )
    assert points(record)["test", 1] == 0.5
    assert record.best_step == 1


def test_a_trial_that_only_logs_has_its_metrics_and_fails_with_the_way_out(bench: Bench) -> None:
    (record,) = bench.run_code(
        "def train(params, trial): trial.log(5, {'value': 1.0})",
        budget={"trials": 2, "failed_trials": 9},
        sampler={"type": "brute_force"},
        space={"x": {"type": "categorical", "choices": [1]}},
    )
    assert points(record) == {("value", 5): 1.0}
    assert record.state is TrialState.FAILED and "use `trial.report`" in record.reason


def test_what_is_logged_under_the_objectives_name_is_not_the_value(bench: Bench) -> None:
    (record,) = bench.run_code(
        """
def train(params, trial):
    trial.log(7, {"value": 100.0})
    trial.report(1, {"value": 1.0})
    trial.log(1, {"value": 200.0, "other": 2.0})
    trial.report(2, {"value": 2.0})
""",
        budget=ONE,
    )
    assert (record.values, record.best_step) == ((2.0,), 2)
    assert points(record) == {
        ("value", 7): 100.0,
        ("value", 1): 1.0,
        ("other", 1): 2.0,
        ("value", 2): 2.0,
    }


def test_of_two_values_at_a_step_the_first_stands_and_it_is_said_once(bench: Bench) -> None:
    records = bench.run_code(
        """
def train(params, trial):
    for value in (1.0, 2.0, 3.0):
        trial.log(4, {"loss": value})
    trial.report(1, {"value": 1.0})
    trial.log(4, {"loss": 4.0})
""",
        budget={"trials": 2},
    )
    assert [points(record)["loss", 4] for record in records] == [1.0, 1.0]
    assert len(bench.notices) == 1 and "logged `loss` twice at step 4" in bench.notices[0]


def test_a_report_stands_whole_whatever_was_logged_at_its_step_before() -> None:
    early = Measurement(5, {"value": 9.0, "loss": 1.0}, 0.1, "logged")
    report = Measurement(5, {"value": 1.0}, 0.3)
    line = Curve([])
    assert line.take([early, Measurement(4, {"value": 0.0}, 0.2)]) and line.take([report])
    assert each_once(line.measurements)[0].metrics == {"loss": 1.0}
    assert report in each_once(line.measurements)


def test_a_resumed_attempt_doubles_nothing_that_was_logged(bench: Bench) -> None:
    code = """
def train(params, trial):
    start = int((trial.checkpoint / "step").read_text()) if trial.checkpoint else 0
    for step in range(start + 1, 5):
        for batch in range(2):
            trial.log(2 * step + batch, {"loss": float(step)})
        save = (lambda folder: (folder / "step").write_text("1")) if step == 1 else None
        trial.report(step, {"value": float(step)}, checkpoint=save)
"""
    (record,) = bench.run_code(code, lost={4}, budget=ONE)
    assert record.attempt == 2
    assert [m.step for m in record.measurements if "loss" in m.metrics] == [*range(2, 10)]
    assert [m.step for m in record.measurements if "value" in m.metrics] == [1, 2, 3, 4]
    assert len(bench.heard.points) == len(record.measurements)


def test_a_resumed_attempt_with_other_steps_is_recorded_from_where_the_earlier_was() -> None:
    line = Curve([Measurement(step, {"loss": 0.0}, 0.0, "logged") for step in (1, 3, 5)])
    new = line.take([Measurement(step, {"loss": 0.0}, 0.0, "logged") for step in (2, 4, 6)])
    assert [measurement.step for measurement in new] == [6]


def test_a_journal_that_does_not_tell_logs_from_reports_is_resumed_whole() -> None:
    rows = [Measurement(1, {"loss": 1.0}, 0.1), Measurement(1, {"value": 1.0}, 0.2)]
    line = Curve(rows)
    assert line.measurements == rows and line.last_step == 1
    assert line.take([Measurement(1, {"value": 1.0}, 0.3)]) == []


def sample(*measurements: Measurement) -> TrialRecord:
    return TrialRecord(
        0, 0, {}, TrialState.COMPLETE, datetime.now(UTC),
        measurements=measurements, values=(1.0,), best_step=1,
    )  # fmt: skip


LOGGED = sample(
    Measurement(0, {"loss": 9.0}, 0.1, "logged"),
    Measurement(50, {"loss": 8.0}, 0.2, "logged"),
    Measurement(1, {"lr": 0.5}, 0.3, "logged"),
    Measurement(1, {"value": 1.0}, 0.3),
    Measurement(1, {"test": 7.0}, 0.4, "logged"),
)


def test_show_has_what_is_logged_beside_the_curve_or_on_its_own_axis() -> None:
    text = "\n".join(line.plain for line in curve_table(LOGGED, make_experiment(), 80))
    above, below = text.split("\n\n")
    assert all(word in above for word in ("value", "lr", "test")) and "loss" not in above
    assert below.split() == ["step", "time", "loss", "0", "0.1", "s", "9", "50", "0.2", "s", "8"]
    found = [
        one["metrics"] for one in trial_detail(LOGGED, make_experiment().goals)["measurements"]
    ]
    assert found == [dict(m.metrics) for m in LOGGED.measurements]


def test_mlflow_has_each_point_once_with_what_was_logged() -> None:
    found = {(name, step): value for (name, step, _), value in curve_of(LOGGED).items()}
    assert found == points(LOGGED) and len(curve_of(LOGGED)) == len(found)


def curve_of(record: TrialRecord) -> dict[Any, float]:
    return curve(record.started, record.measurements)


def test_a_curve_by_axis_has_every_value_once() -> None:
    reports, others = by_axis(LOGGED.measurements)
    assert [(m.step, dict(m.metrics)) for m in others] == [(0, {"loss": 9.0}), (50, {"loss": 8.0})]
    assert [(m.step, dict(m.metrics)) for m in reports] == [
        (1, {"lr": 0.5, "value": 1.0, "test": 7.0})
    ]


def test_the_report_has_the_last_value_of_what_is_logged_and_draws_the_reports() -> None:
    experiment = make_experiment()
    subject = Subject(
        "sample", experiment, [LOGGED], LOGGED, "finished", "/e.yaml", Importance({}, "why")
    )
    assert "Last values: loss 8.000 (step 50), lr 0.5000 (step 1), test 7.000" in render_page(
        subject
    )


def test_the_live_table_takes_step_and_speed_from_reports_alone() -> None:
    board = Board(make_experiment(), (), 0.0)
    running = replace(sample(), state=TrialState.RUNNING)
    board.started(running)
    board.measured(running, [*LOGGED.measurements, Measurement(3, {"value": 1.0}, 2.3)])
    board.measured(running, [Measurement(900, {"loss": 1.0}, 2.4, "logged")])
    (shown,) = board.running.values()
    assert (shown.step, dict(shown.metrics)) == (3, {"value": 1.0})
    assert shown.speed == pytest.approx(1.0)


# ---- any sequence of calls -----------------------------------------------------------------------

REPLAY = """
import json
from pathlib import Path

def train(params, trial):
    calls = json.loads(Path(__file__).with_name("calls.json").read_text())
    first = int((trial.checkpoint / "call").read_text()) if trial.checkpoint else 0
    for index, (kind, step, metrics) in enumerate(calls):
        if index < first:
            continue
        if kind == "log":
            trial.log(step, metrics)
        else:
            save = lambda folder: (folder / "call").write_text(str(index + 1))
            trial.report(step, metrics, checkpoint=save if kind == "save" else None)
"""

VALUES = st.floats(-5, 5).map(lambda value: round(value, 3))
METRICS = st.dictionaries(st.sampled_from(["value", "loss", "test"]), VALUES, max_size=3)
CALLS = st.lists(
    st.tuples(st.sampled_from(["log", "report", "save"]), st.integers(0, 9), METRICS), max_size=14
)


def ascending(calls: list[tuple[str, int, dict[str, float]]]) -> list[Any]:
    """Return the calls with the steps of their reports added up: a report's step only grows."""
    found, last = [], -1
    for kind, step, metrics in calls:
        last += 0 if kind == "log" else 1 + step // 4
        found.append((kind, step if kind == "log" else last, metrics))
    return found


@settings(max_examples=60)
@given(calls=CALLS.map(ascending), lost=st.sets(st.integers(0, 20), max_size=3))
def test_any_calls_and_losses_leave_each_metric_once_at_a_step_and_the_best_report(
    calls: list[Any], lost: set[int]
) -> None:
    with TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        (bench.folder / "calls.json").write_text(json.dumps(calls))
        rules = {"every_seconds": 0.0}
        with suppress(SearchFailed):  # the only trial never has the objective
            bench.run_code(REPLAY, lost, budget=ONE, pruner={"type": "none"}, checkpoints=rules)
        (record,) = read_study(bench.stored, make_experiment())
    found = points(record)
    reported = {(n, s): v for kind, s, m in calls if kind != "log" for n, v in m.items()}
    logged = {(n, s) for kind, s, m in calls if kind == "log" for n in m}
    assert reported.items() <= found.items() and found.keys() <= reported.keys() | logged
    if not lost:
        assert found.keys() == reported.keys() | logged
    steps = [m.step for m in record.measurements if m.counts]
    assert steps == sorted(set(steps))
    values = [value for (name, _), value in reported.items() if name == "value"]
    assert record.values == ((max(values),) if values else ())
    assert record.state is (TrialState.COMPLETE if values else TrialState.FAILED)
