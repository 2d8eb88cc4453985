"""Optuna behind its port: what is proposed, decided and written."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from hpsearch.common.decision import Decision
from hpsearch.common.errors import UserError
from hpsearch.common.proposal import Proposal, Repetition
from hpsearch.common.trial import Measurement, Place, TrialRecord, TrialState
from hpsearch.experiment import PRUNERS, SAMPLERS, Experiment
from hpsearch.store.folder import FolderStudy
from hpsearch.strategies import OptunaStudy, Reading, check_strategies, is_exhausted, read_study
from tests.journals import as_before
from tests.support import make_experiment

NEEDED_OPTIONS: dict[str, dict[str, object]] = {
    "percentile": {"percentile": 25.0},
    "threshold": {"lower": 0.0},
    "asha": {"min_resource": 1},
    "patient": {"patience": 1, "wrapped_pruner": {"type": "median", "n_startup_trials": 1}},
}
DISCRETE: dict[str, dict[str, object]] = {
    "a": {"type": "categorical", "choices": ["x", "y"]},
    "b": {"type": "int", "low": 1, "high": 3},
}


@pytest.fixture
def stored(tmp_path: Path) -> FolderStudy:
    return FolderStudy(tmp_path)


def asked(study: OptunaStudy) -> Proposal:
    proposal = study.ask()
    assert proposal is not None
    return proposal


def finish(study: OptunaStudy, proposal: Proposal, *values: float) -> TrialRecord:
    """Report the values step by step and finish the trial with the largest."""
    for step, value in enumerate(values):
        study.report(proposal.number, [Measurement(step, {"value": value}, float(step))])
    points = tuple(Measurement(s, {"value": v}, float(s)) for s, v in enumerate(values))
    best = values.index(max(values))
    record = TrialRecord(
        proposal.number, proposal.seed, proposal.params, TrialState.RUNNING, proposal.started
    ).changed(
        TrialState.COMPLETE,
        measurements=points,
        values=(values[best],),
        best_step=best,
        place=Place("host", 1, "cpu"),
        reason="why",
        search_seconds=1.5,
    )
    return study.finish(record, ())


@pytest.mark.parametrize("kind", [one for one in SAMPLERS if one != "pbt"])
def test_every_sampler_proposes_within_the_space(stored: FolderStudy, kind: str) -> None:
    experiment = make_experiment(space=DISCRETE, sampler={"type": kind})
    assert not check_strategies(experiment)
    study = OptunaStudy(stored, experiment)
    for _ in range(4):
        proposal = asked(study)
        assert proposal.params["a"] in ("x", "y")
        assert proposal.params["b"] in (1, 2, 3)
        finish(study, proposal, 1.0)


@pytest.mark.parametrize("kind", ["grid", "brute_force"])
def test_an_exhaustive_sampler_tries_each_configuration_once_and_ends(
    stored: FolderStudy, kind: str
) -> None:
    study = OptunaStudy(stored, make_experiment(space=DISCRETE, sampler={"type": kind}))
    proposals = []
    while (proposal := study.ask()) is not None:
        proposals.append(proposal)
        finish(study, proposal, 1.0)
        records = read_study(stored, study._experiment)
        assert is_exhausted(study._experiment, records) is (len(proposals) == 6)
    assert len({tuple(sorted(p.params.items(), key=str)) for p in proposals}) == 6 == len(proposals)


@pytest.mark.parametrize("kind", ["grid", "brute_force"])
def test_an_exhaustive_sampler_counts_conditions(stored: FolderStudy, kind: str) -> None:
    space = {**DISCRETE, "b": {**DISCRETE["b"], "when": {"a": "x"}}}
    experiment = make_experiment(space=space, sampler={"type": kind}, seed=2**70)
    study = OptunaStudy(stored, experiment)
    seen = []
    while (proposal := study.ask()) is not None:
        seen.append(proposal.params)
        finish(study, proposal, 1.0)
    assert len(seen) == 4
    assert seen.count({"a": "y"}) == 1


def test_a_grid_with_conditions_too_large_to_be_listed_is_refused() -> None:
    numbers = {"type": "int", "low": 1, "high": 400}
    space = {**DISCRETE, "m": numbers, "n": {**numbers, "when": {"a": "x"}}}
    (fault,) = check_strategies(make_experiment(space=space, sampler={"type": "grid"}))
    assert "configurations; 100,000 fit" in fault.why


@pytest.mark.parametrize("kind", [*PRUNERS])
def test_every_pruner_can_be_named(stored: FolderStudy, kind: str) -> None:
    pruner = {"type": kind, **NEEDED_OPTIONS.get(kind, {})}
    experiment = make_experiment(pruner=pruner)
    assert not check_strategies(experiment)
    finish(study := OptunaStudy(stored, experiment), asked(study), 1.0, 2.0)


@pytest.mark.parametrize(
    ("section", "part"),
    [
        ({"sampler": {"type": "tpe", "n_startup_trails": 3}}, "did you mean `n_startup_trials`"),
        ({"pruner": {"type": "median", "percentile": 3}}, "not an option of the median pruner"),
        ({"pruner": {"type": "percentile"}}, "needs `percentile`"),
        ({"pruner": {"type": "successive_halving", "reduction_factor": 1}}, "reduction_factor"),
        ({"sampler": {"type": "grid"}}, "float without `step`"),
        ({"pruner": {"type": "patient", "patience": 1, "wrapped_pruner": {"type": "x"}}}, "x"),
    ],
)
def test_an_option_that_optuna_does_not_take_is_refused(section: dict[str, Any], part: str) -> None:
    problems = check_strategies(make_experiment(**section))
    assert len(problems) == 1 and part in str(problems[0])


def test_a_hopeless_trial_is_stopped_with_the_reason(stored: FolderStudy) -> None:
    experiment = make_experiment(pruner={"type": "median", "n_startup_trials": 2})
    study = OptunaStudy(stored, experiment)
    for value in (5.0, 6.0):
        finish(study, asked(study), value)
    decision = study.report(asked(study).number, [Measurement(0, {"value": 1.0}, 0.0)])
    assert decision.stop
    said = "median: best value until step 0: 1, below the median 5.5 of 2 complete trials"
    assert decision.reason == f"{said} at that step"


@pytest.mark.parametrize(
    ("pruner", "reason"),
    [
        (
            {"type": "median", "n_startup_trials": 1},
            "median: best value until step 2: 3, below the median 7 of 4 complete trials "
            "at that step",
        ),
        (
            {"type": "percentile", "percentile": 25.0, "n_startup_trials": 1, "n_warmup_steps": 2},
            "percentile: best value until step 2: 3, below 8.5, the best 25% of 4 complete trials "
            "at that step",
        ),
        (
            {"type": "successive_halving", "min_resource": 2, "reduction_factor": 2},
            "successive halving: value 1 at step 2, ranked 5 of 5 at this rung; "
            "the best 2 continue",
        ),
        (
            {"type": "successive_halving", "min_resource": 2, "bootstrap_count": 9},
            "successive halving: value 1 at step 2, one of the first 9 at this rung "
            "(`bootstrap_count`)",
        ),
        (
            {"type": "hyperband", "min_resource": 2, "max_resource": 3, "reduction_factor": 2},
            "hyperband: value 1 at step 2, not among the best 1/2 of its bracket at this rung",
        ),
        (
            {"type": "threshold", "lower": 1.5},
            "threshold: value 1 at step 2, below `lower` 1.5",
        ),
        (
            {"type": "patient", "patience": 1, "wrapped_pruner": {"type": "threshold", "upper": 0}},
            "patient: value 3 at step 0, none of the last 2 reports is as good; "
            "threshold: value 1 at step 2, above `upper` 0",
        ),
    ],
)
def test_the_reason_of_a_stop_says_what_was_compared(
    stored: FolderStudy, pruner: dict[str, Any], reason: str
) -> None:
    study = OptunaStudy(stored, make_experiment(pruner=pruner))
    for value in (4.0, 6.0, 8.0, 10.0):
        finish(study, asked(study), 0.0, value, value)
    hopeless, decisions = asked(study).number, []
    for step, value in enumerate((3.0, 2.0, 1.0)):
        decisions.append(study.report(hopeless, [Measurement(step, {"value": value}, 0.0)]))
    assert decisions[2] == Decision(stop=True, reason=reason)


def test_a_stopped_trial_is_pruned_in_optuna_with_curve_and_best_value(stored: FolderStudy) -> None:
    study = OptunaStudy(stored, make_experiment())
    proposal = asked(study)
    curve = [Measurement(s, {"value": v, "more": 1.0}, 0.5) for s, v in enumerate((1.0, 3.0, 2.0))]
    for point in curve:
        study.report(proposal.number, [point])
    record = TrialRecord(
        proposal.number, proposal.seed, proposal.params, TrialState.RUNNING, proposal.started
    ).changed(
        TrialState.PRUNED, measurements=tuple(curve), values=(3.0,), best_step=1, reason="hopeless"
    )
    kept = study.finish(record, ())
    storage = JournalStorage(JournalFileBackend(str(stored.layout.journal)))
    (trial,) = optuna.load_study(study_name="sample", storage=storage).trials
    assert trial.state is optuna.trial.TrialState.PRUNED
    assert trial.value == 3.0
    assert trial.intermediate_values == {0: 1.0, 1: 3.0, 2: 2.0}
    assert kept.measurements == tuple(curve) and kept.reason == "hopeless"


def test_a_study_that_is_read_again_holds_the_same_records(stored: FolderStudy) -> None:
    experiment = make_experiment(params={"steps": 2})
    study = OptunaStudy(stored, experiment)
    kept = [finish(study, asked(study), 1.0, 2.0) for _ in range(3)]
    study.close()
    assert read_study(stored, experiment) == kept
    assert OptunaStudy(stored, experiment).records() == kept
    assert all(record.params["steps"] == 2 for record in kept)
    assert kept[0].finished is not None and kept[0].finished.tzinfo is UTC
    assert kept[0].started <= kept[0].finished <= datetime.now(UTC)


def run_once(stored: FolderStudy, experiment: Experiment, count: int) -> list[object]:
    study = OptunaStudy(stored, experiment)
    params = []
    for _ in range(count):
        proposal = asked(study)
        params.append((dict(proposal.params), proposal.seed))
        finish(study, proposal, float(proposal.params["x"] or 0))
    study.close()
    return list(params)


@pytest.mark.parametrize("kind", ["tpe", "random", "qmc", "cmaes"])
def test_one_seed_repeats_a_search_and_another_does_not(tmp_path: Path, kind: str) -> None:
    def search(folder: str, seed: int) -> list[object]:
        (tmp_path / folder).mkdir()
        experiment = make_experiment(seed=seed, sampler={"type": kind})
        return run_once(FolderStudy(tmp_path / folder), experiment, 14)

    assert search("a", 1) == search("b", 1)
    assert search("c", 2) != search("d", 3)


def test_a_search_that_goes_on_does_not_propose_its_first_trials_again(stored: FolderStudy) -> None:
    experiment = make_experiment(sampler={"type": "random"})
    first = run_once(stored, experiment, 5)
    second = run_once(stored, experiment, 5)
    assert not [one for one in second if one in first]


def test_several_objectives_are_told_and_nothing_is_stopped(stored: FolderStudy) -> None:
    experiment = make_experiment(
        objective=[
            {"metric": "a", "direction": "maximize"},
            {"metric": "b", "direction": "minimize"},
        ],
        pruner={"type": "none"},
    )
    study = OptunaStudy(stored, experiment)
    proposal = asked(study)
    point = Measurement(0, {"a": 1.0, "b": 2.0}, 0.0)
    assert not study.report(proposal.number, [point]).stop
    record = TrialRecord(
        proposal.number, proposal.seed, proposal.params, TrialState.RUNNING, proposal.started
    ).changed(TrialState.COMPLETE, measurements=(point,), values=(1.0, 2.0), best_step=0)
    assert study.finish(record, ()).values == (1.0, 2.0)


def test_an_unknown_option_is_an_error_of_the_user(stored: FolderStudy) -> None:
    with pytest.raises(UserError):
        OptunaStudy(stored, make_experiment(sampler={"type": "tpe", "nothing": 1}))


@pytest.mark.parametrize("kind", ["tpe", "grid", "brute_force", "nsgaii", "cmaes"])
def test_a_proposal_is_in_the_journal_whole_or_not_at_all_and_then_made_again(
    stored: FolderStudy, kind: str
) -> None:
    space = {name: {"type": "float", "low": 0.0, "high": 1.0, "step": 0.25} for name in "abc"}
    experiment = make_experiment(space=space, sampler={"type": kind})
    study = OptunaStudy(stored, experiment)
    journal = stored.layout.journal
    finish(study, asked(study), 1.0)
    before = journal.read_bytes()
    proposal = asked(study)
    study.close()
    record = journal.read_bytes().removeprefix(before)
    assert record.count(b"\n") == 1
    for cut in (0, 1, len(record) // 2, len(record) - 1, len(record)):
        journal.write_bytes(before + record[:cut])
        again = OptunaStudy(stored, experiment)
        if cut < len(record):
            assert len(again.records()) == 1
            assert asked(again).params == proposal.params
        found = again.records()[1]
        again.close()
        assert (found.params, found.state) == (proposal.params, TrialState.RUNNING)
        assert read_study(stored, experiment)[1].params == proposal.params


@pytest.mark.parametrize("kind", ["tpe", "grid", "brute_force"])
def test_a_proposal_that_a_dead_driver_of_an_earlier_version_left_half_made_is_completed(
    stored: FolderStudy, kind: str
) -> None:
    space = {name: {"type": "categorical", "choices": [1, 2, 3]} for name in ("a", "b")}
    experiment = make_experiment(space=space, sampler={"type": kind})
    study = OptunaStudy(stored, experiment)
    proposal = asked(study)
    study.close()
    lines = as_before(stored.layout.journal.read_bytes()).splitlines(keepends=True)
    created = next(index for index, line in enumerate(lines) if b'"op_code":4' in line)
    for cut in range(created + 1, len(lines) + 1):
        stored.layout.journal.write_bytes(b"".join(lines[:cut]))
        study = OptunaStudy(stored, experiment)
        (record,) = study.records()
        study.close()
        assert set(record.params) == set(proposal.params)
        assert record.state is TrialState.RUNNING


def test_repetitions_are_proposed_once_each_with_their_seeds(stored: FolderStudy) -> None:
    experiment = make_experiment(sampler={"type": "random"}, pruner={"type": "none"})
    first, second = Repetition(12, 70, {"x": 1.5}), Repetition(7, 70, {"x": -2.0})
    study = OptunaStudy(stored, experiment, [first])
    proposal = asked(study)
    assert (proposal.repeats, proposal.seed, proposal.params) == (12, 70, {"x": 1.5})
    assert study.ask() is None
    finish(study, proposal, 0.5)
    study.close()
    longer = OptunaStudy(stored, experiment, [first, second])  # as after a wish for more
    proposal = asked(longer)
    assert (proposal.number, proposal.repeats, proposal.params) == (1, 7, {"x": -2.0})
    assert longer.ask() is None
    records = read_study(stored, experiment)
    assert [(record.repeats, record.seed) for record in records] == [(12, 70), (7, 70)]


def test_a_repetition_is_completed_where_a_driver_died_amid_it(stored: FolderStudy) -> None:
    experiment = make_experiment(sampler={"type": "random"}, pruner={"type": "none"})
    repetitions = [Repetition(12, 70, {"x": 1.5})]
    study = OptunaStudy(stored, experiment, repetitions)
    asked(study)
    study.close()
    *before, suggested = as_before(stored.layout.journal.read_bytes()).splitlines(keepends=True)
    assert b'"op_code":5' in suggested
    stored.layout.journal.write_bytes(b"".join(before) + suggested[:20])
    again = OptunaStudy(stored, experiment, repetitions)
    (record,) = again.records()
    assert (record.state, record.params) == (TrialState.RUNNING, {"x": 1.5})
    assert (record.repeats, record.seed) == (12, 70)
    assert again.ask() is None


def test_a_proposal_made_ahead_is_in_no_file_until_it_is_asked_for(stored: FolderStudy) -> None:
    experiment = make_experiment()
    study = OptunaStudy(stored, experiment)
    first = asked(study)
    before = stored.layout.journal.read_bytes()
    study.prepare()
    assert stored.layout.journal.read_bytes() == before
    assert [record.number for record in study.records()] == [0]
    finish(study, first, 1.0)  # is written though a proposal before it is not
    study.prepare()
    second = asked(study)
    assert second.number == 1
    assert read_study(stored, experiment) == list(study.records())
    theirs = JournalStorage(JournalFileBackend(str(stored.layout.journal)))
    trials = optuna.load_study(study_name="sample", storage=theirs).trials
    assert [trial.params for trial in trials] == [first.params, second.params]


def test_a_proposal_made_ahead_begins_when_it_is_asked_for(stored: FolderStudy) -> None:
    study = OptunaStudy(stored, make_experiment())
    study.prepare()
    before = datetime.now(UTC)
    proposal = asked(study)
    assert before <= proposal.started <= datetime.now(UTC)
    assert [record.started for record in study.records()] == [proposal.started]


def test_a_proposal_that_nobody_asked_for_leaves_no_trace(stored: FolderStudy) -> None:
    experiment = make_experiment()
    study = OptunaStudy(stored, experiment)
    finish(study, asked(study), 1.0)
    study.prepare()
    study.close()
    again = OptunaStudy(stored, experiment)
    assert [record.number for record in again.records()] == [0]
    assert asked(again).number == 1


def test_a_study_that_was_read_goes_on_from_there_without_a_second_look_at_its_lines(
    stored: FolderStudy,
) -> None:
    experiment = make_experiment()
    study = OptunaStudy(stored, experiment)
    finish(study, asked(study), 1.0)
    reading = Reading.of(stored, experiment)
    finish(study, asked(study), 2.0)
    study.close()
    known, journal = reading.records[0], stored.layout.journal.read_bytes()
    damaged = journal.replace(b'"op_code":0', b'"op_code":1', 1)
    stored.layout.journal.write_bytes(damaged)  # a second look would find the first line wrong
    again = OptunaStudy(stored, experiment, reading=reading)
    assert again.records()[0] is known
    assert [record.values for record in again.records()] == [(1.0,), (2.0,)]
    assert asked(again).number == 2


@pytest.mark.parametrize("kind", [one for one in SAMPLERS if one != "pbt"])
def test_every_sampler_can_be_asked_ahead(stored: FolderStudy, kind: str) -> None:
    study = OptunaStudy(stored, make_experiment(space=DISCRETE, sampler={"type": kind}))
    numbers = []
    for _ in range(4):
        numbers.append((proposal := asked(study)).number)
        study.prepare()
        finish(study, proposal, 1.0)
    assert numbers == [0, 1, 2, 3]
    assert len(study.records()) == 4
