"""A journal's decisions are made again as they were; another strategy's, as far as is known."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpsearch.cli.app import main
from hpsearch.cli.render.replay import (
    causes,
    limits,
    rerun_data,
    rerun_table,
    rerun_text,
    what_if_data,
    what_if_text,
)
from hpsearch.common.errors import UserError
from hpsearch.common.goal import best_record
from hpsearch.common.trial import Measurement
from hpsearch.engine import Task, lookahead
from hpsearch.experiment import Experiment
from hpsearch.store import StudyStore
from hpsearch.strategies import read_study, rerun, slots_of
from hpsearch.usecases.identity import Identity
from hpsearch.usecases.replay import other_experiment, replay_with
from hpsearch.usecases.view import StudyView
from hpsearch.workers import Course
from tests.simulation import course, simulate

RANDOM = {"type": "random"}
ASHA = {"type": "asha", "min_resource": 1}
MEDIAN = {"type": "median", "n_startup_trials": 2}
NONE = {"type": "none"}


def view_of(store: StudyStore, experiment: Experiment) -> StudyView:
    records = read_study(store, experiment)
    best = best_record(records, experiment.goals)
    return StudyView(store, experiment, Identity("id", "e.yaml"), records, best, running=False)


@given(
    sampler=st.sampled_from([RANDOM, {"type": "tpe", "n_startup_trials": 3}]),
    pruner=st.sampled_from([NONE, MEDIAN, ASHA]),
    slots=st.integers(1, 9),
    pace=st.lists(st.integers(1, 50), min_size=20, max_size=20),
)
@settings(max_examples=12)
def test_one_seed_and_one_order_of_events_give_one_search_with_any_number_of_workers(
    sampler: dict[str, Any], pruner: dict[str, Any], slots: int, pace: list[int]
) -> None:
    def paced(task: Task) -> Course:
        """Return a course that is as slow as drawn, so that trials end in any order."""
        slow = [
            replace(turn[-1], seconds=turn[-1].seconds * pace[task.number])
            for turn in course(task).turns
        ]
        return Course.of(slow)

    sections = {"sampler": sampler, "pruner": pruner}
    found = rerun(*simulate(sections, slots=slots, course_of=paced))  # here: no workers at all
    assert found.differences == [] and found.knows_order
    assert found.proposals == 20 and found.reports > 20


@pytest.mark.parametrize("slots", [2, 7])
def test_random_proposals_are_the_same_with_any_number_of_workers(slots: int) -> None:
    one, other = (
        read_study(*simulate({"sampler": RANDOM, "pruner": NONE}, slots=n)) for n in (1, slots)
    )
    assert [record.params for record in one] == [record.params for record in other]


def test_a_promotion_is_made_again() -> None:
    found = rerun(*simulate({"sampler": RANDOM, "pruner": ASHA}, slots=3))
    assert found.promotions > 0 and found.differences == []


def test_a_proposal_made_ahead_is_made_again_on_what_it_knew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lookahead, "NOTICEABLE", -1.0)  # every proposal takes too long
    made = simulate({"sampler": {"type": "tpe", "n_startup_trials": 4}, "pruner": NONE}, slots=3)
    assert rerun(*made).differences == []
    monkeypatch.setattr("hpsearch.strategies.recorded.KNOWN", "no such key")  # an older journal
    found = rerun(*made)
    assert found.differences and not found.knows_order


def test_an_attempt_that_crashed_and_was_tried_again_is_no_difference() -> None:
    def crashes_once(task: Task) -> Course:
        return course(task) if task.attempt > 1 else replace(course(task), how="crashed")

    sections = {"sampler": RANDOM, "pruner": MEDIAN}
    store, experiment = simulate(sections, slots=2, course_of=crashes_once)
    assert rerun(store, experiment).differences == []


def test_another_seed_differs_in_each_proposal_and_in_nothing_else() -> None:
    store, experiment = simulate({"sampler": RANDOM, "pruner": MEDIAN}, slots=2)
    found = rerun(store, experiment.model_copy(update={"seed": 1}))
    assert [one.trial for one in found.differences] == [*range(20)]
    assert {one.kind for one in found.differences} == {"proposal"}
    assert found.differences[0].recorded.startswith("x ")
    assert found.differences[0].recorded != found.differences[0].replayed


@pytest.mark.parametrize("pruner", [MEDIAN, ASHA], ids=lambda one: str(one["type"]))
def test_another_pruner_differs_where_it_stops_what_went_on(pruner: dict[str, Any]) -> None:
    store, experiment = simulate({"sampler": RANDOM, "pruner": NONE}, slots=2)
    found = rerun(store, other_experiment(experiment, None, None, {"pruner": pruner}))
    assert found.differences and {one.kind for one in found.differences} == {"stop"}
    stops = {one.trial: one for one in found.differences}
    assert len(stops) == len(found.differences), "a trial differs once"
    assert all("continued" in one.recorded or "end" in one.recorded for one in stops.values())


def test_a_stop_that_the_replay_does_not_make_is_told_with_its_reason() -> None:
    store, experiment = simulate({"sampler": RANDOM, "pruner": MEDIAN}, slots=2)
    found = rerun(store, other_experiment(experiment, None, "none", {}))
    stopped = [one for one in read_study(store, experiment) if one.state == "pruned"]
    assert {one.trial for one in found.differences} == {one.number for one in stopped}
    assert all(one.recorded.startswith("stopped: median:") for one in found.differences)
    assert all(one.replayed == "continued" for one in found.differences)


def test_what_a_person_suggested_is_not_proposed_again() -> None:
    sections = {"suggestions": [{"x": 2.0}, {"x": 3.0}], "sampler": RANDOM, "pruner": NONE}
    found = rerun(*simulate(sections, slots=2))
    assert found.given == 2 and found.proposals == 18 and found.differences == []


# ---- another strategy ----------------------------------------------------------------------------


def test_the_same_strategy_would_have_done_the_same() -> None:
    view = view_of(*simulate({"sampler": RANDOM, "pruner": MEDIAN}, slots=3))
    found = replay_with(view, pruner="median")
    assert found.slots == 3
    assert found.replayed == found.recorded and found.found
    assert not found.earlier and not found.unknown and not found.untried


@pytest.mark.parametrize("pruner", [NONE, ASHA], ids=lambda one: str(one["type"]))
def test_how_many_trials_ran_at_a_time_is_read_from_the_order_of_events(
    pruner: dict[str, Any],
) -> None:
    store, experiment = simulate({"sampler": RANDOM, "pruner": pruner}, slots=4)
    assert slots_of(store, experiment) == 4


def test_another_pruner_saves_the_time_after_its_stops() -> None:
    view = view_of(*simulate({"sampler": RANDOM, "pruner": NONE}, slots=2))
    found = replay_with(view, pruner="asha", keys={"pruner.min_resource": 1})
    assert found.recorded.complete == 20 and found.recorded.stopped == 0
    assert found.replayed.stopped == len(found.earlier) > 8
    saved = sum(one.seconds for one in found.earlier)
    assert found.recorded.seconds - found.replayed.seconds == pytest.approx(saved)
    assert found.replayed.elapsed < found.recorded.elapsed
    assert found.recorded.seconds == pytest.approx(sum(one.seconds for one in view.records))
    assert not found.unknown


def test_what_was_stopped_and_would_have_gone_on_is_unknown() -> None:
    view = view_of(*simulate({"sampler": RANDOM, "pruner": MEDIAN}, slots=2))
    found = replay_with(view, pruner="none")
    stopped = [one.number for one in view.records if one.state == "pruned"]
    assert list(found.unknown) == stopped
    assert found.replayed.seconds == pytest.approx(found.recorded.seconds)


def test_a_paused_trial_is_not_promoted_past_what_is_known_of_it() -> None:
    view = view_of(*simulate({"sampler": RANDOM, "pruner": ASHA}, slots=2))
    found = replay_with(view, keys={"pruner.reduction_factor": 2})
    steps = {one.number: one.last_step for one in view.records}
    assert found.unknown and all((steps[number] or 0) < 9 for number in found.unknown)
    assert found.replayed.complete + found.replayed.stopped == 20


def test_another_sampler_tries_the_nearest_of_the_known_trials_each_once() -> None:
    view = view_of(*simulate({"sampler": RANDOM, "pruner": NONE}, slots=1))
    found = replay_with(view, sampler="tpe", keys={"sampler.n_startup_trials": 3})
    assert found.untried == 0 and found.found
    assert found.replayed.seconds == pytest.approx(found.recorded.seconds)
    assert view.best is not None and found.replayed.best == view.best.number


def test_all_that_is_wrong_with_another_strategy_is_said_and_nothing_is_run() -> None:
    view = view_of(*simulate({"sampler": RANDOM, "pruner": NONE}, slots=1))
    with pytest.raises(UserError, match="min_resource"):
        replay_with(view, pruner="asha")
    with pytest.raises(UserError, match="sampler` and `pruner`"):
        replay_with(view, keys={"space.x.high": 3})
    with pytest.raises(UserError) as refused:
        other_experiment(view.experiment, "unknown", "none", {"space.x.high": 3})
    assert [one.code for one in refused.value.faults] == ["wrong-argument", "wrong-value"]
    only_returned = [Measurement(1, {"value": 1.0}, 1.0, "returned")]
    silent = view_of(*simulate({}, slots=1, course_of=lambda task: Course.of(only_returned)))
    with pytest.raises(UserError, match="reported its objective"):
        replay_with(silent, pruner="median")


# ---- the command ---------------------------------------------------------------------------------


def test_a_journal_of_an_earlier_version_is_replayed_and_its_gap_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    studies = tmp_path / "studies"
    shutil.copytree(Path(__file__).parents[1] / "contract" / "studies", studies)
    with pytest.raises(SystemExit) as ended:
        main(["replay", "sample", "--studies", str(studies)])
    out, err = capsys.readouterr()
    assert ended.value.code == 1 and "3 differ, first in trial 0" in out
    assert "an earlier version wrote this journal" in err


def test_the_text_of_a_replay_says_how_much_was_decided_again() -> None:
    found = rerun(*simulate({"sampler": RANDOM, "pruner": ASHA}, slots=3))
    text = str(rerun_text("cnn", found))
    assert text.startswith("cnn: 20 proposals, ") and text.endswith("again: all as recorded.")
    assert not rerun_table(found, 80) and causes(found) == []
    assert rerun_data("cnn", found)["equal"] is True


def test_infeasible_trials_are_no_failures_and_those_without_a_report_are_told() -> None:
    def some(task: Task) -> Course:
        if task.number in (1, 2):
            return Course.of((), "raised", "RuntimeError: no luck")
        if task.number in (3, 4, 5):
            return replace(course(task), how="infeasible", reason="x is too big")
        return course(task)

    view = view_of(*simulate({"sampler": RANDOM, "pruner": NONE}, slots=1, course_of=some))
    found = replay_with(view, pruner="median")
    assert (found.recorded.infeasible, found.recorded.failed, found.unmeasured) == (3, 0, 2)
    text = "\n".join(map(str, what_if_text(found, 100)))
    assert "3 infeasible" in text and " failed" not in text
    assert any(note.startswith("2 trials that never reported") for note in limits(found))


def test_the_text_of_another_strategy_says_what_it_saves_and_what_is_not_known() -> None:
    view = view_of(*simulate({"sampler": RANDOM, "pruner": MEDIAN}, slots=2))
    found = replay_with(view, pruner="none")
    text = "\n".join(map(str, what_if_text(found, 100)))
    assert "none: every trial runs until it is done" in text
    assert "saved     0.0 s of training, 0%" in text and "found again after" in text
    (note,) = limits(found)
    assert note.startswith(f"{len(found.unknown)} trials would have gone on")
    assert what_if_data("cnn", found)["unknown"] == list(found.unknown)
