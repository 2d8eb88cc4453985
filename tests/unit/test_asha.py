"""Pausing and promoting: the rule itself, and a search that goes by it."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpsearch.common.goal import Goal
from hpsearch.common.trial import Measurement, TrialRecord, TrialState
from hpsearch.engine import Search
from hpsearch.strategies.pruners.asha import Halving
from tests.support import Bench, Memory, make_experiment

HIGH = Goal("value", "maximize")
ASHA = {"type": "asha", "min_resource": 2, "reduction_factor": 2}
LONG: dict[str, object] = {
    "budget": {"trials": 20}, "params": {"steps": 9}, "pruner": ASHA, "sampler": {"type": "random"}
}  # fmt: skip

reports = st.lists(st.tuples(st.integers(0, 7), st.floats(-10, 10)), max_size=60)
"""Trial and value of each report; a trial's steps count up."""


def fill(halving: Halving, given_reports: list[tuple[int, float]]) -> dict[int, list[Measurement]]:
    curves: dict[int, list[Measurement]] = {}
    for number, value in given_reports:
        curve = curves.setdefault(number, [])
        curve.append(Measurement(len(curve) + 1, {"value": value}, 10.0 * (len(curve) + 1)))
        halving.note(number, curve[-1:])
    return curves


@given(reports)
def test_the_rungs_follow_from_the_curves_in_whatever_order_they_came(
    given_reports: list[tuple[int, float]],
) -> None:
    live, rebuilt = (Halving([HIGH], 1, 2) for _ in range(2))
    curves = fill(live, given_reports)
    for number in sorted(curves, reverse=True):
        rebuilt.note(number, curves[number])
    assert [live.is_paused(n) for n in curves] == [rebuilt.is_paused(n) for n in curves]
    assert live.promotable(curves) == rebuilt.promotable(curves)


@given(reports)
def test_who_is_promotable_is_not_paused_and_all_others_at_a_rung_are(
    given_reports: list[tuple[int, float]],
) -> None:
    halving = Halving([HIGH], 1, 3)
    waiting = set(fill(halving, given_reports))
    promoted = set()
    while (number := halving.promotable(waiting)) is not None:
        promoted.add(number)
        waiting.remove(number)
    assert not any(halving.is_paused(number) for number in promoted)


def test_a_rung_counts_the_best_value_so_far_and_lets_the_best_part_go_on() -> None:
    halving = Halving([HIGH], 2, 2)
    fill(halving, [(0, 5.0), (0, 1.0), (1, 2.0), (1, 3.0), (2, 4.0), (2, 4.0), (3, 0.0), (3, 0.0)])
    assert [halving.is_paused(number) for number in range(4)] == [False, True, False, True]
    said = "asha: best value until step 2: 3, ranked 3 of 4 at this rung; the best 2 are promoted"
    assert halving.why(1) == said


def test_a_pause_names_the_step_of_the_report_if_it_is_beyond_its_rungs() -> None:
    halving = Halving([HIGH], 1, 3)
    for number, value in ((0, 2.0), (1, 1.0)):
        report(halving, number, 125, value)
    assert "best value until step 125: 1, ranked 2 of 2 at this rung" in halving.why(1)


lengths = st.lists(st.integers(1, 9), min_size=1, max_size=6)


@given(lengths, st.integers(0, 1), st.randoms(use_true_random=False))
def test_a_trial_whose_length_is_known_is_never_paused_at_its_end(
    lengths: list[int], first: int, random: Random
) -> None:
    halving = Halving([HIGH], 1, 2)
    for number, length in enumerate(lengths):
        halving.begin(number, {"model.epochs": length, "epochs_per_report": 1})
    turns = [number for number, length in enumerate(lengths) for _ in range(length)]
    random.shuffle(turns)
    steps = dict.fromkeys(turns, first)
    for number in turns:
        report(halving, number, steps[number], random.random())
        steps[number] += 1
        assert not (steps[number] == first + lengths[number] and halving.is_paused(number))


@given(reports, st.integers(1, 9))
def test_where_the_longest_complete_trial_ended_there_is_no_rung(
    given_reports: list[tuple[int, float]], end: int
) -> None:
    halving = Halving([HIGH], 1, 2)
    report(halving, 99, end, 0.0)
    halving.end(99, TrialState.COMPLETE)
    curves = fill(halving, given_reports)
    trained = {number for number, curve in curves.items() if curve[-1].step >= end}
    assert not any(halving.is_paused(number) for number in trained)
    assert not trained or halving.promotable(trained) == min(trained)


def test_the_end_follows_from_complete_trials_and_moves_with_the_longest() -> None:
    halving = Halving([HIGH], 1, 2)
    for number, value in ((0, 1.0), (1, 0.0)):
        report(halving, number, 1, value)
        report(halving, number, 2, value)
    assert halving.is_paused(1)
    halving.end(0, TrialState.COMPLETE)
    assert not halving.is_paused(1) and halving.promotable([1]) == 1
    report(halving, 2, 4, 2.0)
    halving.end(2, TrialState.COMPLETE)
    assert halving.is_paused(1) and halving.promotable([1]) is None


def test_nothing_is_paused_at_a_report_that_may_be_the_only_one() -> None:
    halving = Halving([HIGH], 1, 2)
    report(halving, 0, 1, 1.0)
    report(halving, 1, 1, 0.0)
    assert not halving.is_paused(1)
    report(halving, 0, 2, 1.0)
    assert halving.is_paused(1)


def test_a_length_that_trials_go_beyond_counts_something_else() -> None:
    halving = Halving([HIGH], 1, 2)
    for number in (0, 1):
        halving.begin(number, {"epochs": 3})
    report(halving, 0, 400, 1.0)
    report(halving, 0, 800, 1.0)
    report(halving, 1, 400, 0.0)
    assert halving.is_paused(1)


def report(halving: Halving, number: int, step: int, value: float) -> None:
    halving.note(number, [Measurement(step, {"value": value}, 0.0)])


def test_rungs_by_seconds_compare_after_equal_time() -> None:
    halving = Halving([HIGH], 20.0, 2, "seconds")
    halving.note(0, [Measurement(100, {"value": 1.0}, 19.0)])
    assert not halving.is_paused(0)
    halving.note(1, [Measurement(5, {"value": 2.0}, 20.0)])
    halving.note(0, [Measurement(101, {"value": 1.0}, 21.0)])
    assert halving.is_paused(0) and not halving.is_paused(1)


@pytest.mark.parametrize(
    "options", [(0, 2, "steps"), (1, 1, "steps"), (1, 2, "epochs"), (float("nan"), 2, "steps")]
)
def test_options_that_mean_nothing_are_refused(options: tuple[float, int, str]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Halving([HIGH], *options)  # type: ignore[arg-type]


def steps(record: TrialRecord) -> list[int]:
    return [m.step for m in record.measurements if "value" in m.metrics]


def test_a_promoted_trial_goes_on_from_its_checkpoint(bench: Bench) -> None:
    records = bench.run("quadratic", **LONG)
    complete = [record for record in records if record.state is TrialState.COMPLETE]
    pruned = [record for record in records if record.state is TrialState.PRUNED]
    assert len(complete) + len(pruned) == len(records) == 20 and len(pruned) > len(complete) > 0
    assert all(steps(record) == list(range(1, 10)) for record in complete)
    assert all(len(steps(record)) in (2, 4) for record in pruned)
    assert all(record.reason.startswith("asha: best value until step ") for record in pruned)
    promoted = [record for record in records if record.attempt > 1]
    assert promoted and all(len(steps(record)) > 2 for record in promoted)
    assert all(steps(r) == sorted(set(steps(r))) for r in promoted)
    assert {record.number for record in bench.heard.paused_records} >= {r.number for r in pruned}


def test_the_best_configuration_is_never_given_up(bench: Bench) -> None:
    records = bench.run("quadratic", **LONG)
    best = min(records, key=lambda record: abs(float(str(record.params["x"])) - 1))
    assert best.state is TrialState.COMPLETE


def test_the_first_trial_runs_to_its_end_so_that_there_is_soon_a_best_one(bench: Bench) -> None:
    records = bench.run("quadratic", **{**LONG, "budget": {"trials": 1}})
    assert [record.state for record in records] == [TrialState.COMPLETE]


def test_the_first_trial_that_ends_shows_later_ones_where_training_ends(bench: Bench) -> None:
    code = "def train(params, trial):\n    for step in range(1, 9):"
    records = bench.run_code(
        f"{code} trial.report(step, {{'value': params['x']}})", budget={"trials": 20}, pruner=ASHA
    )
    assert {len(steps(r)) for r in records if r.state is TrialState.COMPLETE} == {8}
    assert {len(steps(r)) for r in records if r.state is TrialState.PRUNED} <= {2, 4}


class Interrupter(Memory):
    """Interrupts the search when a trial is paused for the fifth time."""

    search: Search

    def paused(self, record: TrialRecord) -> None:
        super().paused(record)
        if len(self.paused_records) == 5:
            self.search.interrupt()


def test_what_is_paused_stays_so_over_an_interrupt_and_is_promoted_later(bench: Bench) -> None:
    interrupter = Interrupter()
    search, study = bench.make(make_experiment("quadratic", **LONG), interrupter)
    interrupter.search = search
    assert search.run() == "interrupted"
    left = {r.number: r for r in study.records() if r.state is TrialState.PAUSED}
    study.close()
    assert left
    records = bench.run("quadratic", **LONG)
    assert all(record.state.is_finished for record in records) and len(records) == 20
    assert all(steps(record) == list(range(1, len(steps(record)) + 1)) for record in records)
    further = [n for n, record in left.items() if len(steps(records[n])) > len(steps(record))]
    given_up = left.keys() - set(further)
    assert further and given_up
    assert all(records[n].measurements == left[n].measurements for n in given_up)
