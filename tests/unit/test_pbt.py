"""Population based training: who pauses, who is replaced by a copy of whom, and what a copy is."""

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpsearch.analysis import schedule_of
from hpsearch.common.errors import SearchFailed, UserError
from hpsearch.common.goal import Goal
from hpsearch.common.trial import Measurement, Origin, TrialRecord, TrialState, Value
from hpsearch.strategies import check_strategies
from hpsearch.strategies.population import Population, Settings, explore, settings_of
from tests.support import Bench, make_experiment

FOUR = Settings(4, interval=2, steps=7, quantile=0.25, resample=0.25, change=("x",))
HIGH = Goal("value", "maximize")
PBT: dict[str, Any] = {
    "sampler": {"type": "pbt", "population": 4, "interval": 2},
    "params": {"steps": 7},
    "budget": {"trials": 6},
}


def make_population(trials: int = 100) -> Population:
    return Population(FOUR, HIGH, trials=trials, seed=0)


def train(population: Population, number: int, step: int, value: float) -> None:
    population.note(number, [Measurement(step, {"value": value}, float(step))])


def begin_four(population: Population) -> None:
    for number in range(4):
        assert population.is_due
        population.begin(number, {}, population.next_origin(number))
    assert not population.is_due


def test_members_pause_at_the_end_of_each_interval_and_not_where_training_ends() -> None:
    population = make_population()
    begin_four(population)
    paused = []
    for step in range(1, 8):
        train(population, 0, step, 1.0)
        paused += [step] * population.is_paused(0)
    assert paused == [2, 4]


def test_the_worst_is_pruned_and_a_copy_of_the_best_takes_its_place() -> None:
    population = make_population()
    begin_four(population)
    for number in range(4):
        train(population, number, 2, float(number))
    paused = {0, 1, 2, 3}
    assert population.promotable(paused) is None  # the copy comes first
    assert list(population.replaced(paused)) == [0]
    population.end(0, TrialState.PRUNED)
    assert population.is_due and population.next_origin(4) == Origin(0, parent=3, step=2)
    population.begin(4, {}, Origin(0, parent=3, step=2))
    assert not population.is_due
    assert population.promotable(paused - {0}) == 1


def test_one_that_cannot_be_among_the_worst_waits_for_nobody() -> None:
    population = make_population()
    begin_four(population)
    train(population, 0, 2, 1.0)
    assert population.promotable({0}) is None and not population.replaced({0})
    train(population, 1, 2, 2.0)
    assert population.promotable({0, 1}) == 1 and not population.replaced({0, 1})


def test_nobody_counts_before_the_checkpoint_is_there() -> None:
    population = make_population()
    begin_four(population)
    for number in range(4):
        train(population, number, 2, float(number))
    assert not population.replaced({0, 1, 2}) and not population.is_due
    population.promotable({0, 1, 2, 3})
    assert population.is_due


def test_a_member_that_failed_is_replaced_instead_of_the_worst() -> None:
    population = make_population()
    begin_four(population)
    population.end(0, TrialState.FAILED)
    for number in (1, 2, 3):
        train(population, number, 2, float(number))
    population.promotable({1, 2, 3})
    assert population.is_due and not population.replaced({1, 2, 3})
    assert population.next_origin(4).parent == 3


def test_the_checkpoint_of_a_parent_is_needed_until_its_copy_has_one_of_its_own() -> None:
    population = make_population()
    begin_four(population)
    for number in range(4):
        train(population, number, 2, float(number))
    population.promotable({0, 1, 2, 3})
    population.end(0, TrialState.PRUNED)
    population.begin(4, {}, population.next_origin(4))
    train(population, 3, 4, 9.0)
    assert 2 in population.needed_steps(3) and not population.needed_steps(1) - {2, 4}
    for number in (1, 2, 4):
        train(population, number, 4, float(number))
    assert population.needed_steps(3) == {4}


def test_a_population_that_the_end_of_the_search_stopped_makes_room_for_another() -> None:
    population = make_population()
    begin_four(population)
    train(population, 0, 1, 1.0)
    for number in range(4):
        population.end(number, TrialState.PRUNED)
    assert population.is_due and population.next_origin(4) == Origin(1)


def test_the_worst_are_pruned_without_a_copy_if_the_budget_has_no_more_trials() -> None:
    population = make_population(trials=4)
    begin_four(population)
    for number in range(4):
        train(population, number, 2, float(number))
    assert population.promotable({0, 1, 2, 3}) == 1
    assert [*population.replaced({0, 1, 2, 3})] == [0] and not population.is_due


@settings(max_examples=8)
@given(st.integers(0, 10**6), st.integers(1, 6))
def test_every_population_comes_to_its_end_and_is_the_same_when_it_is_read_again(
    seed: int, slots: int
) -> None:
    random, population = Random(seed), make_population(trials=30)
    origins: dict[int, Origin] = {}
    curves: dict[int, list[Measurement]] = {}
    ends: dict[int, TrialState] = {}
    paused: set[int] = set()
    running: list[int] = []
    while True:
        for number in population.replaced(paused):
            paused.discard(number)
            ends[number] = TrialState.PRUNED
            population.end(number, TrialState.PRUNED)
        while len(running) < slots:
            if (promoted := population.promotable(paused)) is not None:
                number = promoted
                paused.discard(number)
            elif population.is_due and len(origins) < 30:
                number = len(origins)
                origins[number], curves[number] = population.next_origin(number), []
                population.begin(number, {}, origins[number])
            else:
                break
            running.append(number)
        if not running:
            break
        number = running[random.randrange(len(running))]
        start = origins[number].step or 0
        step = (curves[number][-1].step if curves[number] else start) + 1
        curves[number].append(Measurement(step, {"value": random.random()}, 0.0))
        population.note(number, curves[number][-1:])
        if random.random() < 0.05 or step == FOUR.steps:
            running.remove(number)
            ends[number] = TrialState.COMPLETE if step == FOUR.steps else TrialState.FAILED
            population.end(number, ends[number])
        elif population.is_paused(number):
            running.remove(number)
            paused.add(number)
        rebuilt = rebuild(origins, curves, ends)
        population.promotable(paused)
        rebuilt.promotable({one for one in origins if rebuilt.is_paused(one)})
        assert rebuilt.replaced(paused) == population.replaced(paused)
        assert rebuilt.is_due == population.is_due
    assert not paused and len(ends) == len(origins) == 30
    assert all(origin.parent is None or (origin.step or 0) >= 2 for origin in origins.values())


def rebuild(
    origins: dict[int, Origin],
    curves: dict[int, list[Measurement]],
    ends: dict[int, TrialState],
) -> Population:
    population = make_population(trials=30)
    for number, origin in origins.items():
        population.begin(number, {}, origin)
        population.note(number, curves[number])
        if number in ends:
            population.end(number, ends[number])
    return population


def test_a_copy_changes_what_may_change_and_nothing_else() -> None:
    experiment = make_experiment(
        space={
            "lr": {"type": "float", "low": 1e-4, "high": 1.0, "log": True},
            "layers": {"type": "int", "low": 1, "high": 4},
            "kind": {"type": "categorical", "choices": ["a", "b"]},
        },
        sampler={"type": "pbt", "resample": 0.0},
        params={"steps": 10},
        budget={"trials": 9},
    )
    parent: dict[str, Value] = {"lr": 0.1, "layers": 2, "kind": "a", "steps": 10}
    found = [explore(parent, experiment, settings_of(experiment), seed) for seed in range(20)]
    assert {(one["layers"], one["kind"]) for one in found} == {(2, "a")}
    assert {round(float(str(one["lr"])), 9) for one in found} == {0.08, 0.12}


def test_a_whole_number_moves_by_a_step_and_stays_in_its_range() -> None:
    space = {"n": {"type": "int", "low": 1, "high": 2}}
    sampler = {"type": "pbt", "resample": 0.0, "change": ["n"]}
    experiment = make_experiment(
        space=space, sampler=sampler, params={"steps": 10}, budget={"trials": 9}
    )
    found = [explore({"n": 1}, experiment, settings_of(experiment), seed) for seed in range(20)]
    assert {one["n"] for one in found} == {1, 2}


def test_a_copy_keeps_the_parameter_constraints() -> None:
    space = {name: {"type": "float", "low": 0.0, "high": 1.0} for name in ("a", "b")}
    experiment = make_experiment(
        space=space,
        sampler={"type": "pbt"},
        params={"steps": 10},
        budget={"trials": 9},
        parameter_constraints=["a < b"],
    )
    parent = {"a": 0.5, "b": 0.51}
    found = [explore(parent, experiment, settings_of(experiment), seed) for seed in range(20)]
    assert all(float(str(one["a"])) < float(str(one["b"])) for one in found)


def test_it_takes_a_single_objective() -> None:
    objectives = [{"metric": name, "direction": "maximize"} for name in ("value", "other")]
    with pytest.raises(ValueError, match="the pbt sampler takes a single objective"):
        make_experiment(sampler={"type": "pbt"}, params={"steps": 9}, objective=objectives)


def run(tmp_path: Path, **sections: Any) -> list[TrialRecord]:
    return Bench(tmp_path).run(**{**PBT, **sections})


def test_copies_go_on_from_their_parents_and_have_only_their_own_steps(tmp_path: Path) -> None:
    records = run(tmp_path)
    copies = [record for record in records if record.parent is not None]
    assert [record.number for record in copies] == [4, 5]
    for copy in copies:
        steps = [m.step for m in copy.measurements if m.source == "reported"]
        parent = records[copy.parent or 0]
        assert steps[0] == copy.from_step + 1
        assert copy.from_step in [m.step for m in parent.measurements]
        assert copy.seconds < 1
    states = [record.state for record in records]
    assert states.count(TrialState.COMPLETE) == 4 and states.count(TrialState.PRUNED) == 2
    replaced = [record for record in records if record.state is TrialState.PRUNED]
    assert all("ranked 4 of 4; replaced by a copy" in record.reason for record in replaced)
    assert {record.last_step for record in records if record.is_result} == {7}


def test_a_schedule_says_which_hyperparameters_held_from_which_step_to_which(
    tmp_path: Path,
) -> None:
    records = run(tmp_path)
    copy = next(record for record in records if record.parent is not None and record.is_result)
    schedule = schedule_of(copy, records)
    assert [one.record.number for one in schedule][-2:] == [copy.parent, copy.number]
    assert schedule[0].after == -1 and schedule[-1].until == 7
    assert [one.until for one in schedule[:-1]] == [one.after for one in schedule[1:]]
    assert schedule_of(records[schedule[0].record.number], records) == []


def test_all_that_no_copy_needs_any_more_is_deleted(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    records = bench.run(**{**PBT, "checkpoints": {"keep": 1}})
    kept = [record.number for record in records if bench.store.steps(record.number)]
    assert len(kept) == 1 and records[kept[0]].is_result


def test_a_trainable_without_checkpoints_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(SearchFailed, match=r"without a checkpoint"):
        Bench(tmp_path).run("swallows_the_stop", **PBT)


def test_a_trainable_that_starts_over_is_told_so(tmp_path: Path) -> None:
    code = """
def train(params, trial):
    for step in range(1, 8):
        trial.report(step, {"value": 1.0}, checkpoint=lambda folder: (folder / "a").write_text("a"))
"""
    with pytest.raises(SearchFailed, match=r"reported step 1 first, although it started from"):
        Bench(tmp_path).run_code(code, **PBT)


@pytest.mark.parametrize(
    ("sections", "codes"),
    [
        ({"params": {}}, ["unknown-length"]),
        ({"pruner": {"type": "median"}}, ["pruner-beside-pbt"]),
        ({"budget": {"trials": 3}}, ["population-over-budget"]),
        (
            {"sampler": {"type": "pbt", "interval": 9}, "budget": {"trials": 9}},
            ["interval-too-long"],
        ),
        ({"sampler": {"type": "pbt", "population": 3}}, ["nobody-replaced"]),
        ({"sampler": {"type": "pbt", "population": 4, "change": ["y"]}}, ["not-searched"]),
        ({"sampler": {"type": "pbt", "population": 4, "change": []}}, ["nothing-changes"]),
        (
            {"sampler": {"type": "pbt", "population": 2, "change": [1]}, "params": {}},
            ["unknown-length", "nobody-replaced", "not-searched"],
        ),
    ],
)
def test_what_is_wrong_with_its_options_is_said_at_once(
    sections: dict[str, Any], codes: Sequence[str]
) -> None:
    found = check_strategies(make_experiment(**{**PBT, **sections}))
    assert [fault.code for fault in found] == [*codes]


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(UserError, match="not an option of the pbt sampler"):
        settings_of(make_experiment(sampler={"type": "pbt", "popolation": 4}))
