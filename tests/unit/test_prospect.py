"""What more searching promises: a chance that falls with time, and that a search can stop by."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from hpsearch.analysis import Meter, prospect_of
from hpsearch.analysis.prospect import chance_of_another, new_bests, noise_of
from hpsearch.common.goal import Goal
from hpsearch.common.trial import Measurement, TrialRecord, TrialState
from hpsearch.engine.budget import Spent, why_over
from hpsearch.experiment import Budget, Experiment
from tests.support import make_experiment

BEGUN = datetime(2026, 1, 2, tzinfo=UTC)
MAXIMIZE, MINIMIZE = Goal("value", "maximize"), Goal("value", "minimize")


def trial(number: int, value: float, hours: float, curve: Sequence[float] = ()) -> TrialRecord:
    curve = [*curve, value]
    return TrialRecord(
        number, 0, {}, TrialState.COMPLETE, BEGUN,
        measurements=[Measurement(n, {"value": v}, 1.0 * n) for n, v in enumerate(curve)],
        values=(value,),
        search_seconds=hours * 3600,
    )  # fmt: skip


def metered(values: Sequence[float], *, hours_each: float = 0.1, goal: Goal = MAXIMIZE) -> Meter:
    meter = Meter([goal])
    for number, value in enumerate(values):
        meter.count(trial(number, value, (number + 1) * hours_each))
    return meter


def chance(meter: Meter, hours: float) -> float:
    found = meter.prospect(hours * 3600)
    assert found is not None
    return found.chance


def test_the_longer_a_search_is_the_less_another_hour_promises() -> None:
    values = [1.0, 2.0, 3.0, *[0.0] * 200]
    chances = [chance(metered(values), hours) for hours in (2, 10, 20, 40)]
    assert chances == sorted(chances, reverse=True)
    assert chances[1] == pytest.approx(0.1, abs=0.01)
    assert chances[2] == pytest.approx(0.05, abs=0.005)


def test_a_search_that_found_better_trials_lately_promises_more() -> None:
    stale, fresh = [9.0, *[0.0] * 39], [*range(40)]
    assert chance(metered(fresh), 4) > 2 * chance(metered(stale), 4)
    assert chance(metered([-v for v in fresh], goal=MINIMIZE), 4) == chance(metered(fresh), 4)


def test_trials_count_in_the_order_in_which_they_ended() -> None:
    one, other = Meter([MAXIMIZE]), Meter([MAXIMIZE])
    records = [trial(number, float(number), number + 1) for number in range(12)]
    for record in records:
        one.count(record)
    for record in reversed(records):
        other.count(record)
    assert one.prospect(1e5) == other.prospect(1e5)


def test_what_is_better_by_less_than_the_noise_is_no_new_best() -> None:
    values = [0.0, 0.001, 0.002, 0.003, 1.0]
    assert new_bests(values, 0.0)[1] == 4 and new_bests(values, 0.01)[1] == 1


def test_the_noise_is_what_curves_scatter_about_their_course() -> None:
    rough = random.Random(0)
    line = [0.1 * step for step in range(50)]
    assert noise_of([line]) == pytest.approx(0, abs=1e-12) and noise_of([]) == 0
    noisy = [[value + rough.gauss(0, 0.02) for value in line] for _ in range(20)]
    assert noise_of(noisy) == pytest.approx(0.02, rel=0.2)


def test_of_independent_values_it_promises_no_less_than_comes_and_little_more() -> None:
    rough, promised, came = random.Random(1), 0.0, 0
    for _ in range(400):
        values = [rough.random() for _ in range(60)]
        promised += chance_of_another(*new_bests(values[:40], 0.0), share=0.5) / 400
        came += max(values[40:]) > max(values[:40])
    assert came / 400 == pytest.approx(1 / 3, abs=0.07)
    assert came / 400 < promised < 0.5


def test_after_less_than_an_hour_it_promises_for_as_much_time_again() -> None:
    found = metered([*range(10)]).prospect(600)
    assert found is not None and found.seconds == 600 and "another 10 min 0 s" in found.words
    later = metered([*range(10)]).prospect(7200)
    assert later is not None and later.seconds == 3600 and "another hour" in later.words


@pytest.mark.parametrize(
    "meter", [metered([1.0] * 7), Meter([MAXIMIZE, MINIMIZE])], ids=["few trials", "two goals"]
)
def test_nothing_is_promised_if_nobody_can_tell(meter: Meter) -> None:
    for number in range(20 if len(meter._complete) == 0 else 0):
        meter.count(trial(number, 1.0, number))
    assert meter.prospect(7200) is None


def test_a_search_stops_when_another_hour_is_unlikely_to_help_and_says_why() -> None:
    spent = Spent([MAXIMIZE])
    for number in range(100):
        spent.count_earlier(trial(number, -number, number / 4))
    budget = Budget(trials=1000, stop_when_unlikely=0.05)
    assert why_over(budget, spent, 10 * 3600) is None
    why = why_over(budget, spent, 25 * 3600)
    assert why is not None and why.startswith("another hour improves the best by more than")
    assert why.endswith("and `stop_when_unlikely` is 0.05")
    assert why_over(Budget(trials=1000), spent, 25 * 3600) is None


def test_it_needs_one_objective() -> None:
    objective = [{"metric": m, "direction": "minimize"} for m in ("a", "b")]
    with pytest.raises(ValueError, match="stop_when_unlikely` needs a single objective"):
        make_experiment(
            objective=objective, pruner={"type": "none"}, budget={"stop_when_unlikely": 0.1}
        )
    one: Experiment = make_experiment(budget={"stop_when_unlikely": 0.1})
    assert one.budget.stop_when_unlikely == 0.1


def test_the_chance_follows_from_what_was_found_and_how_long_that_took() -> None:
    assert chance_of_another(1.4, 0, 0.0) == 0
    assert chance_of_another(1.4, 0, 1.0) < chance_of_another(1.4, 3, 1.0) < 1
    assert chance_of_another(0.0, 0, 1.0) == pytest.approx(
        1 - (2.5 / (2.5 + 0.6931)) ** 4, rel=1e-3
    )


def test_the_outlook_of_a_study_is_that_of_its_meter() -> None:
    records = [trial(number, float(number), number + 1) for number in range(12)]
    meter = metered([float(number) for number in range(12)], hours_each=1)
    found = prospect_of(reversed(records), [MAXIMIZE])
    assert found is not None and found == meter.prospect(12 * 3600)
    assert prospect_of(records[:3], [MAXIMIZE]) is None
    assert prospect_of(records, [MAXIMIZE, MINIMIZE]) is None
