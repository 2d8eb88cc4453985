"""What every recorder promises (`tracking/port.py`), on each of them."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hpsearch.common.privacy import Privacy
from hpsearch.common.trial import Measurement, Place, TrialRecord, TrialState
from tests.contract.recorders import BENCHES, SECONDS, Bench, bench_of, wait_until

BEGUN = datetime(2026, 11, 1, 12, 0, 0, 123456, tzinfo=UTC)
WHOLE = {"accuracy": [(0, 0.5), (1, 0.75), (2, 0.25)], "objective": [(1, 0.75)]}


@pytest.fixture(params=sorted(BENCHES))
def bench(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    empty_mlflow: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Bench:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WANDB_MODE", "offline")
    return bench_of(request.param, tmp_path, empty_mlflow)


def running(number: int, **fields: object) -> TrialRecord:
    record = TrialRecord(
        number, number, {"rate": 0.5, "width": 8, "kind": "sgd"}, TrialState.RUNNING,
        BEGUN + timedelta(seconds=number), place=Place("host", 1, "cpu"),
    )  # fmt: skip
    return replace(record, **fields)  # type: ignore[arg-type]


def curve(*values: float) -> tuple[Measurement, ...]:
    return tuple(
        Measurement(step, {"accuracy": value}, 0.1234567 * step)
        for step, value in enumerate(values)
    )


def ended(number: int, state: TrialState = TrialState.COMPLETE, **fields: object) -> TrialRecord:
    value = {} if state is TrialState.FAILED else {"values": (0.75,), "best_step": 1}
    end: dict[str, object] = {"measurements": curve(0.5, 0.75, 0.25), **value}
    end["finished"] = BEGUN + timedelta(seconds=number + 2)
    return running(number).changed(state, **end | fields)


def test_a_trial_that_ended_is_there_with_its_hyperparameters_its_curve_and_its_value(
    bench: Bench,
) -> None:
    recorder = bench.make()
    recorder.open()
    states = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAILED)
    for number, state in enumerate(states):
        recorder.started(running(number))
        recorder.finished(ended(number, state))
    assert recorder.close(SECONDS) == [] and recorder.close(SECONDS) == []
    seen = bench.seen()
    assert sorted(seen) == [0, 1, 2] and not bench.notices
    assert [seen[number].failed for number in range(3)] == [False, False, True]
    assert seen[0].curve == WHOLE and seen[2].curve == {"accuracy": WHOLE["accuracy"]}
    assert {float(seen[0].params["rate"]), float(seen[0].params["width"])} == {0.5, 8.0}
    assert seen[0].params["kind"] == "sgd" and all(one.is_over for one in seen.values())


def test_a_trial_that_was_paused_and_resumed_by_another_process_is_there_once(
    bench: Bench,
) -> None:
    first, second = bench.make(), bench.make()
    first.open()
    first.started(running(0))
    first.measured(running(0), curve(0.5, 0.75)[:1])
    first.paused(running(0).changed(TrialState.PAUSED))
    first.close(SECONDS)
    if bench.is_live:
        assert bench.seen()[0].curve["accuracy"] == [(0, 0.5)]
    second.open()
    second.sync([running(0, measurements=curve(0.5))])
    second.started(running(0, attempt=2, measurements=curve(0.5)))
    second.measured(running(0, attempt=2), curve(0.5, 0.75)[1:])
    second.finished(ended(0, attempt=2))
    assert second.close(SECONDS) == [] and bench.seen()[0].curve == WHOLE


def test_what_only_a_lost_attempt_reported_is_gone_in_the_end(bench: Bench) -> None:
    recorder = bench.make()
    recorder.open()
    recorder.measured(running(0), curve(0.5, 0.9, 0.9, 0.9))
    recorder.finished(ended(0, attempt=2))
    assert recorder.close(SECONDS) == [] and bench.seen()[0].curve == WHOLE


def test_what_is_missing_is_written_once_by_the_next_search(bench: Bench) -> None:
    first = bench.make()
    first.open()
    first.finished(ended(0))
    first.close(SECONDS)
    for _ in range(2):
        again = bench.make()
        again.open()
        again.sync([ended(0), ended(1), running(2)])
        assert again.close(SECONDS) == []
        seen = bench.seen()
        assert [seen[number].curve for number in (0, 1)] == [WHOLE, WHOLE]


def test_a_trial_that_the_journal_does_not_have_goes(bench: Bench) -> None:
    if not bench.is_live:
        pytest.skip("W&B is told of trials that ended, and keeps them")
    for records in ([ended(0), ended(1)], [ended(0)]):
        recorder = bench.make()
        recorder.open()
        recorder.sync(records)
        assert recorder.close(SECONDS) == []
    assert [*bench.seen()] == [0]


def test_a_target_that_fails_stops_nobody_and_is_brought_up_to_date_later(bench: Bench) -> None:
    recorder = bench.make()
    recorder.open()
    bench.fail()
    for number in range(3):
        recorder.started(running(number))
        recorder.measured(running(number), curve(0.5))
        recorder.finished(ended(number))
    assert recorder.close(3.0) == [0, 1, 2]
    assert any(recorder.name in notice for notice in bench.notices)
    bench.repair()
    again = bench.make()
    again.open()
    again.sync([ended(number) for number in range(3)])
    assert again.close(SECONDS) == []
    assert [one.curve for one in bench.seen().values()] == [WHOLE] * 3


def test_a_target_that_works_again_has_everything(bench: Bench) -> None:
    recorder = bench.make()
    recorder.open()
    bench.fail()
    recorder.finished(ended(0))
    wait_until(lambda: bool(bench.notices))
    bench.repair()
    assert recorder.close(SECONDS) == [] and bench.seen()[0].curve == WHOLE
    assert any("answers again" in notice for notice in bench.notices)


def test_who_may_not_write_any_more_writes_nothing(bench: Bench) -> None:
    recorder = bench.make(lambda: False)
    recorder.open()
    recorder.sync([ended(0)])
    recorder.started(running(1))
    recorder.finished(ended(2))
    assert recorder.close(SECONDS) == [0, 1, 2] and bench.seen() == {}


def test_who_may_write_again_has_everything(bench: Bench) -> None:
    refused, allowed = threading.Event(), threading.Event()

    def may_write() -> bool:
        is_allowed = allowed.is_set()
        refused.set()
        return is_allowed

    recorder = bench.make(may_write)
    recorder.open()
    recorder.finished(ended(0))
    assert refused.wait(SECONDS) and not bench.seen()
    allowed.set()
    assert recorder.close(SECONDS) == [] and bench.seen()[0].curve == WHOLE


def test_secrets_are_hidden_and_odd_names_and_values_hold_up_nothing(bench: Bench) -> None:
    params = {"api_key": "hunter2hunter2", "näme /x": "\udcff\0", "none": None, "huge": 2**70}
    points = [{"näme\udcff": float("nan"), "a/b": float("inf")}, {"accuracy": -1e300}]
    odd = tuple(Measurement(step, one, 0.5) for step, one in enumerate(points))
    privacy = Privacy.of(params, [], [])
    record = ended(0, TrialState.FAILED, measurements=odd, params=params, privacy=privacy)
    recorder = bench.make()
    recorder.open()
    recorder.finished(record)
    recorder.finished(ended(1))
    assert recorder.close(SECONDS) == [] and not bench.notices
    seen = bench.seen()
    assert seen[1].curve == WHOLE and len(seen[0].params) == 4
    assert "hunter2hunter2" not in str(seen[0].params)
