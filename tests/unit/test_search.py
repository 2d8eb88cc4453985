"""The loop: each way in which a trial can go, and each way in which a search can end."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from hpsearch.analysis import why_none_stopped
from hpsearch.common.errors import SearchFailed
from hpsearch.common.goal import Goal
from hpsearch.common.trial import Measurement, TrialRecord, TrialState
from hpsearch.engine import Ended, Search, has_failed, why_nothing_is_left
from hpsearch.engine.attempt import Attempt
from hpsearch.engine.outcome import finished_record
from tests.support import Bench, Memory, make_experiment


def test_every_trial_is_told_once_and_heard_as_it_is_kept(bench: Bench) -> None:
    records = bench.run(pruner={"type": "none"})
    assert [record.number for record in records] == [0, 1, 2, 3]
    assert {record.state for record in records} == {TrialState.COMPLETE}
    assert bench.heard.done == records
    assert [record.number for record in bench.heard.begun] == [0, 1, 2, 3]
    heard = [m for number, m in bench.heard.points if number == 2]
    assert tuple(heard) == tuple(records[2].measurements)
    assert bench.ended == "all 4 trials have run"


def test_value_and_checkpoint_are_those_of_the_best_step(bench: Bench) -> None:
    records = bench.run("worse_at_the_end", budget={"trials": 1})
    assert records[0].values == (3.0,) and records[0].best_step == 1


def test_only_the_best_trials_keep_a_checkpoint(bench: Bench) -> None:
    records = bench.run(budget={"trials": 6}, pruner={"type": "none"}, checkpoints={"keep": 2})
    best = sorted(records, key=lambda record: -record.values[0])[:2]
    kept = [record.number for record in records if bench.store.steps(record.number)]
    assert kept == sorted(record.number for record in best)
    assert all(bench.store.steps(record.number) == [record.best_step] for record in best)


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        ("raises_after_a_report", "RuntimeError: no such luck"),
        ("reports_nan", "value is nan at step 2"),
        ("reports_backwards", "step 1 does not follow step 2"),
    ],
)
def test_a_bad_trial_fails_with_its_reason_and_takes_nothing_down(
    bench: Bench, function: str, reason: str
) -> None:
    records = bench.run(function, budget={"trials": 2})
    assert [record.state for record in records] == [TrialState.FAILED] * 2
    assert all(reason in record.reason for record in records)
    assert all(record.values == () for record in records)


def test_a_failed_trial_keeps_its_traceback(bench: Bench) -> None:
    (record,) = bench.run("raises_after_a_report", budget={"trials": 1})
    _, first, *_ = record.traceback.splitlines()
    assert "no such luck" in record.traceback and "samples.py" in first, "none of our own lines"


def test_a_search_without_reports_says_why_nothing_was_stopped(bench: Bench) -> None:
    (record,) = bench.run(budget={"trials": 1})
    returned = replace(record.measurements[0], step=0, source="returned")
    silent = replace(record, measurements=(returned,))
    assert silent.value_step is None and record.value_step == record.best_step
    assert why_none_stopped([silent], make_experiment(pruner={"type": "median"}))
    assert not why_none_stopped([silent], make_experiment(pruner={"type": "none"}))
    assert not why_none_stopped([silent, record], make_experiment(pruner={"type": "median"}))


def test_a_failed_trial_trained_until_it_failed_not_until_its_last_report(bench: Bench) -> None:
    (record,) = bench.run("raises_after_a_report", budget={"trials": 1})
    begun = replace(record, state=TrialState.RUNNING)
    attempt = Attempt(begun, [Goal("value", "maximize")], begun=time.monotonic() - 3)
    failed = finished_record(attempt, Ended(0, "raised", reason="no luck"), search_seconds=4)
    assert failed.seconds >= 3 > record.measurements[-1].seconds
    assert record.ended_after == record.seconds  # read from the journal


@pytest.mark.parametrize("function", ["raises", "says_nothing", "reports_text"])
def test_a_search_in_which_the_first_trials_fail_alike_stops_at_once(
    bench: Bench, function: str
) -> None:
    with pytest.raises(SearchFailed, match="first 3 trials failed in the same way"):
        bench.run(function, budget={"trials": 50})


def test_too_many_failures_end_the_search(bench: Bench) -> None:
    with pytest.raises(SearchFailed, match="4 trials failed"):
        bench.run("reports_nan", budget={"trials": 50, "failed_trials": 4})


def test_an_objective_that_is_never_reported_ends_the_search_with_a_suggestion(
    bench: Bench,
) -> None:
    with pytest.raises(SearchFailed, match="reported valu; did you mean `valu`"):
        bench.run("lacks_the_objective")


def test_a_pruned_trial_has_its_reason_and_its_curve(bench: Bench) -> None:
    records = bench.run(budget={"trials": 12}, pruner={"type": "median", "n_startup_trials": 2})
    pruned = [record for record in records if record.state is TrialState.PRUNED]
    assert pruned
    assert all(record.reason.startswith("median: best value until step ") for record in pruned)
    assert all(record.measurements and record.values for record in pruned)


@pytest.mark.parametrize(
    ("budget", "ended"),
    [
        ({"target": -1.0}, "reached the target -1"),
        ({"patience_trials": 2}, "2 trials in a row brought nothing better"),
        ({"minutes": 1e-9}, "budget of 1e-09 minutes is spent"),
    ],
)
def test_a_budget_ends_the_search_and_says_which(
    bench: Bench, budget: dict[str, float], ended: str
) -> None:
    records = bench.run("worse_at_the_end", budget={"trials": 30, **budget})
    assert ended in bench.ended
    assert len(records) < 30


def test_the_budget_is_a_total_over_all_runs(bench: Bench) -> None:
    first = bench.run(budget={"trials": 3})
    second = bench.run(budget={"trials": 5})
    assert second[:3] == first and len(second) == 5
    assert second[-1].search_seconds >= first[-1].search_seconds


def test_a_search_failed_if_all_of_its_trials_did_or_too_many(bench: Bench) -> None:
    (record,) = bench.run("raises_after_a_report", budget={"trials": 1})
    complete = replace(record, state=TrialState.COMPLETE)
    limited = make_experiment(budget={"trials": 9, "failed_trials": 2})
    assert has_failed(limited, [record]) and has_failed(limited, [complete, record, record])
    assert not has_failed(limited, []) and not has_failed(limited, [complete, record])


def test_a_search_failed_if_its_first_trials_failed_alike_whatever_is_left_of_others(
    bench: Bench,
) -> None:
    (record,) = bench.run("raises_after_a_report", budget={"trials": 1})
    alike, experiment = replace(record, measurements=()), make_experiment()
    left = replace(record, state=TrialState.RUNNING, measurements=())
    assert has_failed(experiment, [alike, alike, alike, left])
    for others in ([alike, alike], [record] * 3, [alike, alike, replace(alike, reason="other")]):
        assert not has_failed(experiment, [*others, left])


def test_a_finished_study_has_nothing_left(bench: Bench) -> None:
    records = bench.run()
    assert why_nothing_is_left(make_experiment(), records)
    assert why_nothing_is_left(make_experiment(budget={"trials": 5}), records) is None
    unfinished = [*records[:3], TrialRecord(3, 0, {}, TrialState.RUNNING, records[0].started)]
    assert why_nothing_is_left(make_experiment(), unfinished) is None


class Interrupter(Memory):
    """Interrupts the search at its first report."""

    search: Search

    def measured(self, record: TrialRecord, measurements: tuple[Measurement, ...]) -> None:  # type: ignore[override]
        super().measured(record, measurements)
        self.search.interrupt()


def test_an_interrupted_trial_goes_on_from_its_checkpoint_as_the_same_trial(
    bench: Bench,
) -> None:
    experiment = make_experiment(pruner={"type": "none"})
    interrupter = Interrupter()
    search, study = bench.make(experiment, interrupter)
    interrupter.search = search
    assert search.run() == "interrupted"
    (left,) = study.records()
    study.close()
    assert left.state is TrialState.RUNNING and len(left.measurements) == 2
    records = bench.run(pruner={"type": "none"})
    assert len(records) == 4
    assert (records[0].attempt, records[0].params) == (2, left.params)
    steps = [m.step for m in records[0].measurements if "value" in m.metrics]
    assert steps == [1, 2, 3]


def test_the_minutes_of_a_budget_count_what_was_searched_before_an_interruption(
    bench: Bench,
) -> None:
    interrupter = Interrupter()
    search, study = bench.make(make_experiment(), interrupter)
    interrupter.search = search
    search._limits._started -= 600
    assert search.run() == "interrupted"
    study.close()
    search, study = bench.make(make_experiment(budget={"trials": 4, "minutes": 10}))
    assert search.run() == "its budget of 10 minutes is spent"
    assert 600 <= search.seconds < 660


def test_an_unbroken_search_and_an_interrupted_one_have_the_same_first_trial(
    bench: Bench, tmp_path: Path
) -> None:
    whole = Bench(tmp_path / "whole").run(pruner={"type": "none"})
    test_an_interrupted_trial_goes_on_from_its_checkpoint_as_the_same_trial(bench)
    again = bench.run(pruner={"type": "none"})
    assert [m.metrics for m in again[0].measurements] == [m.metrics for m in whole[0].measurements]
    assert again[0].values == whole[0].values


def test_one_seed_repeats_a_whole_search(tmp_path: Path) -> None:
    def search(folder: str, seed: int) -> list[tuple[object, ...]]:
        records = Bench(tmp_path / folder).run(seed=seed, budget={"trials": 15})
        return [(r.params, r.seed, r.state, r.values, r.reason) for r in records]

    assert search("a", 1) == search("b", 1)
    assert search("c", 2) != search("d", 3)


def test_artifacts_are_kept_with_the_trial(bench: Bench) -> None:
    bench.run("leaves_files", budget={"trials": 1})
    assert (bench.paths.artifacts(0) / "note.txt").read_text() == "trial 0"
