"""Amendments: which trials still count, that nothing is lost, and that a kill leaves no half."""

import json
import random
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from optuna.distributions import FloatDistribution, distribution_to_json

import hpsearch
from hpsearch.cli.app import main
from hpsearch.cli.render.amendment import amendment_text
from hpsearch.common.errors import UserError
from hpsearch.common.trial import Measurement, TrialState
from hpsearch.experiment import Amendment, Experiment
from hpsearch.store.documents import EXPERIMENT
from hpsearch.store.folder import FolderStore, FolderStudy
from hpsearch.store.memory import MemoryStore
from hpsearch.strategies import OptunaStudy, importance_of, read_study, repair_study, rerun
from hpsearch.strategies.amend import end_experiment, preview_amendment
from hpsearch.strategies.amended import AMENDMENT, amendment_data, amendment_log, translated
from hpsearch.study import Study
from hpsearch.trainable.defaults import defaults_of
from hpsearch.trainable.parameters import signature_of
from hpsearch.usecases import Amended, Source, amend, look_at
from hpsearch.usecases.identity import find_changes, record_experiment
from hpsearch.usecases.validate import validate
from tests.support import make_experiment, write_trainables
from tests.unit.test_optuna_study import asked, finish

TRAINABLE = """
def train(params, trial, *, x, kind="a", width=8, momentum=0.9, rate=0.1):
    trial.report(1, {"value": 1.0})
"""
SPACE: dict[str, Any] = {
    "x": {"type": "float", "low": 0.0, "high": 1.0},
    "kind": {"type": "categorical", "choices": ["a", "b", True]},
    "width": {"type": "int", "low": 1, "high": 16},
    "momentum": {"type": "float", "low": 0.0, "high": 1.0, "when": {"kind": "a"}},
}
UNIFORM = distribution_to_json(FloatDistribution(0.0, 1.0))
DEFAULTS = {"kind": "a", "width": 8, "momentum": 0.9, "rate": 0.1}


def made(space: dict[str, Any] | None = None, **sections: Any) -> Experiment:
    return make_experiment(space=SPACE if space is None else space, **sections)


def changed(**parameters: Any) -> dict[str, Any]:
    space = {n: {**SPACE.get(n, {}), **(one or {})} for n, one in {**SPACE, **parameters}.items()}
    return {name: one for name, one in space.items() if parameters.get(name, 1) is not None}


# ---- which trials still count --------------------------------------------------------------------

A: dict[str, Any] = {"x": 0.5, "kind": "a", "width": 4, "momentum": 0.3}
B: dict[str, Any] = {"x": 0.5, "kind": "b", "width": 4}


@pytest.mark.parametrize(
    ("space", "params", "searched", "carried"),
    [
        (changed(x={"high": 2.0}), {}, B, B),
        (changed(x={"high": 0.4}), {}, B, "`x` is 0.5, not float 0 to 0.4"),
        (changed(x={"low": 0.5, "log": True}), {}, B, B),
        (changed(kind={"choices": ["b", "c", "a"]}), {}, B, B),
        (changed(kind={"choices": ["a", "c"]}), {}, B, "`kind` is 'b', not one of a, c"),
        (
            changed(kind={"choices": {"first": "b", "a": "z", "b": 3}}),
            {},
            B,
            {**B, "kind": "first"},
        ),
        (changed(width={"type": "categorical", "choices": [2, 4], "low": None}), {}, B, B),
        (changed(width={"step": 2, "low": 1}), {}, B, "`width` is 4, not int 1 to 15, step 2"),
        (changed(kind=None, momentum={"when": {}}), {"kind": "b"}, B, {**B, "momentum": 0.9}),
        (changed(kind=None, momentum={"when": {}}), {"kind": "b"}, A, "`kind` would have another"),
        (changed(momentum={"when": {"kind": ["a", "b"]}}), {}, B, {**B, "momentum": 0.9}),
        (changed(momentum={"when": {"kind": ["a", "b"]}, "high": 0.5}), {}, B, "`momentum` is 0.9"),
        (changed(momentum={"when": {"kind": "b"}}), {}, A, "`momentum` would have another value"),
        (changed(momentum=None), {}, A, "`momentum` would have another value"),
        (changed(width=None), {"width": 4}, B, B),
        (changed(width=None), {"width": 4.0}, B, B),
        (changed(width=None), {}, B, "`width` would have another value"),
        (SPACE, {"rate": 0.1}, B, B),
        (SPACE, {"rate": 0.2}, B, "`rate` would have another value"),
        (changed(rate={"type": "float", "low": 0.0, "high": 1.0}), {}, B, {**B, "rate": 0.1}),
        (changed(new={"type": "float", "low": 0.0, "high": 1.0}), {}, B, "it has no `new`"),
        (SPACE, {"new": 3}, B, "`new` had the trainable's default or has it now"),
        (SPACE, {"api_key": "other"}, B, B),
        (SPACE, {"rate": "${width} * 2"}, B, "`rate` would have another value"),
    ],
)
def test_a_trial_counts_if_the_trainable_is_given_the_same(
    space: dict[str, Any], params: dict[str, Any], searched: dict[str, Any], carried: Any
) -> None:
    for one in space.values():
        if one.get("low") is None:
            for key in ("low", "high"):
                one.pop(key, None)
    own, why = Amendment(made(), DEFAULTS).carry(searched, made(space, params=params))
    if isinstance(carried, str):
        assert carried in why
    else:
        carried = {n: v for n, v in carried.items() if n in space}
        assert not why and own == carried
        assert all(type(own[n]) is type(carried[n]) for n in own)


def test_a_fixed_one_that_is_searched_now_counts_with_its_value() -> None:
    before = made(changed(width=None), params={"width": 4})
    after = made()
    assert Amendment(before, {}).carry({"x": 0.5, "kind": "b"}, after) == (B, "")
    narrow = made(changed(width={"low": 5}))
    assert "`width` is 4" in Amendment(before, {}).carry({"x": 0.5, "kind": "b"}, narrow)[1]


def test_what_the_constraints_forbid_no_longer_counts() -> None:
    after = made(parameter_constraints=["width < 3"])
    assert Amendment(made(), {}).carry(B, after)[1] == "it violates `width < 3`"


def test_an_amendment_to_the_same_changes_nothing() -> None:
    for searched in (A, B, {**B, "kind": True}):
        assert Amendment(made(), {}).carry(searched, made()) == (searched, "")


def test_the_defaults_of_a_trainable_are_plain_values() -> None:
    @dataclass
    class Inner:
        depth: int = 3

    @dataclass
    class Params:
        x: float
        y: int = 3
        none: str | None = None
        many: list[int] = field(default_factory=list)
        inner: Inner = field(default_factory=Inner)

    names = ["x", "y", "none", "many", "inner", "inner.depth", "inner.width", "missing"]
    found = defaults_of(signature_of(Params), names)
    assert found == {"y": 3, "none": None, "inner.depth": 3}


# ---- lines of other programs ---------------------------------------------------------------------

ODD_LINES: list[dict[str, Any]] = [
    {"op_code": 5},
    {"op_code": 5, "trial_id": 0},
    {"op_code": 5, "trial_id": [0], "param_name": "x", "distribution": UNIFORM},
    {"op_code": 5, "trial_id": 0, "param_name": "x", "distribution": 5, "param_value_internal": 1},
    {"op_code": 2},
    {"op_code": 2, "user_attr": [1]},
    {"op_code": 2, "user_attr": {f"{AMENDMENT}7": 5}},
    {"op_code": 2, "user_attr": {f"{AMENDMENT}7": {"experiment": {"name": 5}}}},
    {"op_code": 2, "user_attr": {f"{AMENDMENT}7": {"experiment": {}, "defaults": 5}}},
    {"op_code": 4, "params": 5},
    {"op_code": 4, "params": {"x": 0.5}},
    {"op_code": 4, "params": {"x": 0.5}, "distributions": {"x": "no JSON"}},
    {"op_code": 4, "params": {"x": "a"}, "distributions": {"x": UNIFORM}},
    {"op_code": 4, "params": {"x": 0.5}, "distributions": {"x": UNIFORM}, "user_attrs": 5},
    {"op_code": "new"},
    {"op_code": []},
]  # fmt: skip


@pytest.mark.parametrize("odd", ODD_LINES)
def test_a_line_of_another_program_stays_and_changes_no_other(odd: dict[str, Any]) -> None:
    before, after = made({"x": SPACE["x"]}), made({"x": {**SPACE["x"], "high": 0.4}})
    trial: dict[str, Any] = {"op_code": 4, "study_id": 0, "datetime_start": None}
    value = {"op_code": 5, "trial_id": 0, "param_name": "x", "distribution": UNIFORM}
    fits: list[dict[str, Any]] = [trial, {**value, "param_value_internal": 0.3}]
    end = amendment_log(0, 1, amendment_data(before, {}))
    alone = translated([*fits, end], after)
    assert alone[0]["params"] == {"x": 0.3} and alone[1:] == [end]
    assert translated([*fits, odd, end], after) == [alone[0], odd, end]
    assert translated([*fits, end, odd], after) == [*alone, odd]


# ---- a study -------------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> FolderStudy:
    write_trainables(tmp_path)
    return FolderStore(tmp_path / "studies").study("sample")


X: dict[str, Any] = {
    "x": {"type": "float", "low": 0.0, "high": 1.0},
    "steps": {"type": "categorical", "choices": [1, 2]},
}


def begun(store: FolderStudy, trials: int = 12, **sections: Any) -> Experiment:
    experiment = make_experiment(space=X, budget={"trials": 40}, **sections)
    record_experiment(store, source(store, experiment))
    go_on(store, experiment, trials)
    return experiment


def go_on(store: FolderStudy, experiment: Experiment, trials: int) -> list[dict[str, Any]]:
    study, found = OptunaStudy(store, experiment), []
    for _ in range(trials):
        proposal = asked(study)
        found.append(dict(proposal.params))
        finish(study, proposal, float(proposal.params["x"] or 0))
    study.close()
    return found


def source(store: FolderStudy, experiment: Experiment) -> Source:
    folder = store.layout.root.parent.parent
    return Source(experiment, folder / "experiment.yaml", folder)


def amended(store: FolderStudy, space: dict[str, Any], **sections: Any) -> Amended:
    after = make_experiment(space=space, budget={"trials": 40}, **sections)
    return amend(source(store, after), store)


def test_trials_that_fit_teach_and_the_others_stay_and_are_marked(store: FolderStudy) -> None:
    begun(store)
    before = look_at(store).records
    space = {"x": {**X["x"], "high": 0.5}, "steps": {"type": "categorical", "choices": [3, 2, 1]}}
    found = amended(store, space)
    view = look_at(store)
    assert find_changes(store, make_experiment(space=space)) == []
    high = [one.number for one in before if float(one.params["x"] or 0) > 0.5]
    assert [*found.outside] == high and found.fitting == 12 - len(high) > 0
    assert [one.number for one in view.records if one.outside] == high
    assert [one.params for one in view.records] == [one.params for one in before]
    assert [one.values for one in view.records] == [one.values for one in before]
    assert view.best is not None and float(view.best.params["x"] or 0) <= 0.5
    later = go_on(store, view.experiment, 8)
    assert all(one["x"] <= 0.5 for one in later) and 3 in {one["steps"] for one in later}
    assert len(look_at(store).records) == 20
    assert importance_of(look_at(store).as_read, view.experiment).explanation


def test_a_replay_counts_what_is_outside_apart_from_what_was_given(store: FolderStudy) -> None:
    begun(store)
    found = amended(store, {**X, "x": {**X["x"], "high": 0.5}})
    replayed = rerun(store, look_at(store).experiment)
    assert (replayed.outside, replayed.given) == (len(found.outside), 0)
    assert replayed.proposals == found.fitting


def test_another_amendment_takes_trials_in_again(store: FolderStudy) -> None:
    begun(store)
    before = look_at(store).records
    narrow = {**X, "x": {**X["x"], "high": 0.5}}
    amended(store, narrow)
    go_on(store, look_at(store).experiment, 3)
    assert amended(store, X).outside == {}
    view = look_at(store)
    assert not any(one.outside for one in view.records) and len(view.records) == 15
    assert [one.params for one in view.records[:12]] == [one.params for one in before]
    only = {**X, "steps": {"type": "categorical", "choices": [2]}}
    amended(store, only)
    assert {one.params["steps"] for one in look_at(store).records if not one.outside} == {2}
    assert {one["steps"] for one in go_on(store, look_at(store).experiment, 3)} == {2}


@pytest.mark.parametrize("kind", ["tpe", "random", "cmaes", "grid", "brute_force", "forest"])
def test_every_sampler_goes_on_after_an_amendment(store: FolderStudy, kind: str) -> None:
    space = {**X, "x": {**X["x"], "step": 0.25}}
    first = make_experiment(space=space, sampler={"type": kind}, budget={"trials": 40})
    record_experiment(store, source(store, first))
    go_on(store, first, 6)
    after = {
        "x": {**space["x"], "high": 1.25},
        "steps": {"type": "categorical", "choices": [1, 2, 3]},
    }
    assert amended(store, after, sampler={"type": kind}).outside == {}
    later = go_on(store, look_at(store).experiment, 6)
    assert all(one["x"] in (0.0, 0.25, 0.5, 0.75, 1.0, 1.25) for one in later)
    if kind in ("grid", "brute_force"):
        every = [tuple(sorted(one.params.items())) for one in look_at(store).records]
        assert len(set(every)) == len(every)


def test_an_amendment_without_a_change_writes_nothing_and_says_so(store: FolderStudy) -> None:
    begun(store, 2)
    before = store.layout.journal.read_bytes()
    assert [*amendment_text(amended(store, X))] == [
        "sample has this experiment already; nothing was changed: 2 of 2 trials count."
    ]
    assert store.layout.journal.read_bytes() == before
    grown = make_experiment(space=X, budget={"trials": 50})
    assert not amend(source(store, grown), store).is_same


def test_a_fixed_parameter_with_the_trainables_own_default_changes_nothing(
    store: FolderStudy,
) -> None:
    space = {"x": X["x"]}
    experiment = make_experiment(space=space, budget={"trials": 40})
    record_experiment(store, source(store, experiment))
    go_on(store, experiment, 4)
    assert amended(store, space, params={"steps": 3}).outside == {}  # `Params.steps` is 3
    assert look_at(store).records[0].params["steps"] == 3
    with pytest.raises(UserError, match="no-trial-counts"):
        amended(store, space, params={"steps": 4})


def test_an_unfinished_trial_that_does_not_fit_is_ended_and_one_that_fits_goes_on(
    store: FolderStudy,
) -> None:
    experiment = begun(store, 4)
    study = OptunaStudy(store, experiment)
    running = [asked(study) for _ in range(6)]
    for one in running:
        study.report(one.number, [Measurement(0, {"value": 0.5}, 1.0)])
        study.flush()
    study.close()
    amended(store, {**X, "x": {**X["x"], "high": 0.5}})
    study = OptunaStudy(store, look_at(store).experiment)
    states = {one.number: one for one in study.records()}
    for one in running:
        fits = float(one.params["x"] or 0) <= 0.5
        state = states[one.number].state
        assert state is (TrialState.RUNNING if fits else TrialState.PRUNED)
        assert fits or states[one.number].reason.startswith("the study was amended: `x` is")
    assert {float(one.params["x"] or 0) <= 0.5 for one in running} == {True, False}
    study.close()


@pytest.mark.parametrize("finished", [0, 2])
def test_an_amendment_needs_a_trial_that_counts_be_it_an_unfinished_one(
    store: FolderStudy, finished: int
) -> None:
    study = OptunaStudy(store, begun(store, finished))
    asked(study)
    study.flush()
    study.close()
    with pytest.raises(UserError, match="no-trial-counts") as caught:
        amended(store, {**X, "x": {"type": "float", "low": 2.0, "high": 3.0}})
    fix = "warm_start=[sample]" if finished else "begins the study anew"
    assert fix in caught.value.faults[0].fix
    assert amended(store, {**X, "x": {**X["x"], "high": 3.0}}).fitting == finished + 1


def test_a_kill_leaves_the_study_as_it_was_or_as_it_is_after(
    store: FolderStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment, space = begun(store), {**X, "x": {**X["x"], "high": 0.5}}
    before = look_at(store).records

    def killed(self: FolderStudy, document: str, data: bytes) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(FolderStudy, "write", killed)
        amended(store, space)
    assert look_at(store).records == before and look_at(store).experiment == experiment
    assert go_on(store, experiment, 1)
    assert amended(store, space).outside
    assert look_at(store).experiment.space["x"] != experiment.space["x"]


def test_a_damaged_journal_of_an_amended_study_is_repaired(store: FolderStudy) -> None:
    begun(store)
    amended(store, {**X, "steps": {"type": "categorical", "choices": [1, 2, 3]}})
    go_on(store, look_at(store).experiment, 4)
    lines = store.layout.journal.read_bytes().splitlines(keepends=True)
    lines[-1] = b"damage\n"
    store.layout.journal.write_bytes(b"".join(lines))
    experiment = look_at_experiment(store)
    assert "was damaged" in str(repair_study(store, experiment))
    records = read_study(store, experiment)
    assert len(records) == 16 and not any(one.outside for one in records)


def look_at_experiment(store: FolderStudy) -> Experiment:
    from hpsearch.usecases.identity import read_recorded

    return read_recorded(store)


def test_what_means_something_else_is_refused_all_at_once(store: FolderStudy) -> None:
    begun(store)
    document = store.read(EXPERIMENT)
    lines = store.layout.journal.read_bytes()
    after = make_experiment(
        "prints",
        name="other",
        objective={"metric": "other", "direction": "minimize"},
        space={**X, "nothing": X["x"]},
        seed=3,
    )
    with pytest.raises(UserError) as caught:
        amend(source(store, after), store)
    codes = [one.code for one in caught.value.faults]
    assert codes == ["unknown-parameter", "other-name", "other-meaning"]
    text = str(caught.value)
    assert "`trainable` was" in text and "`objective` was" in text and "`seed` was 0" in text
    assert "warm_start=[sample]" in text
    with pytest.raises(UserError, match="no-trial-counts") as refused:
        amended(store, {**X, "x": {"type": "float", "low": 2.0, "high": 3.0}})
    assert "`x` is" in str(refused.value)
    assert (store.read(EXPERIMENT), store.layout.journal.read_bytes()) == (document, lines)


def test_an_amendment_that_run_would_refuse_is_refused(store: FolderStudy) -> None:
    begun(store, 2)
    with pytest.raises(UserError, match="useless-warm-start"):
        amended(store, X, warm_start=["sample"])


def test_validate_of_a_changed_experiment_ends_with_what_works(store: FolderStudy) -> None:
    begun(store, 2)
    after = make_experiment(space={**X, "x": {**X["x"], "high": 3.0}}, budget={"trials": 40})
    plan = validate(source(store, after), store)
    assert plan.next_step.startswith("`hpsearch amend sample ")
    assert any("another experiment" in one for one in plan.notices)
    other = make_experiment(space=X, seed=3, budget={"trials": 40})  # `amend` would refuse it
    step = validate(source(store, other), store).next_step
    assert "amend" not in step and "'warm_start=[sample]'" in step
    same = make_experiment(space=X, budget={"trials": 40})
    assert validate(source(store, same), store).next_step.endswith("resumes the search.")


def test_a_function_of_python_is_not_needed_to_amend_a_space(store: FolderStudy) -> None:
    study = hpsearch.Study(store.layout.root.parent, "sample")
    before = make_experiment(space=X, budget={"trials": 40}, trainable="<function train>")
    record_experiment(store, source(store, before))
    go_on(store, before, 3)
    assert study.amend(set={"space.x.high": 3.0}).fitting == 3
    with pytest.raises(UserError, match="no-function") as caught:
        study.confirm(local=True)
    assert "open_study('sample', function=train)" in str(caught.value)


def test_a_study_that_a_driver_runs_and_one_that_is_not_there_are_refused(
    store: FolderStudy,
) -> None:
    with pytest.raises(UserError, match="no study"):
        amended(store, X)
    begun(store, 2)
    with store.lease(), pytest.raises(UserError):
        amended(store, {**X, "x": {**X["x"], "high": 3.0}})


def test_python_amends_whole_sections_and_single_keys(store: FolderStudy) -> None:
    begun(store)
    study = Study(str(store.layout.root.parent), "sample")
    planned = study.amend(set={"space.x.high": 0.5}, dry_run=True)
    assert planned.outside and not any(one.outside for one in study.trials)
    assert study.amend(set={"space.x.high": 0.5}).outside == planned.outside
    found = study.amend(space={**X, "x": hpsearch.Float(0.0, 2.0)})
    assert found.outside == {} and study.experiment.space["x"] == hpsearch.Float(0.0, 2.0)


def test_an_archived_copy_needs_nothing_but_its_files(store: FolderStudy, tmp_path: Path) -> None:
    begun(store)
    amended(store, {**X, "x": {**X["x"], "high": 0.5}})
    copy = tmp_path / "copy" / "sample"
    shutil.copytree(store.layout.root, copy)
    assert look_at(FolderStore(copy.parent).study("sample")).records == look_at(store).records


@pytest.mark.slow
def test_a_study_is_amended_from_the_command_line_and_goes_on(
    store: FolderStudy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "sample.yaml"
    text = (
        "name: sample\ntrainable: samples.py:quadratic\n"
        "objective: {metric: value, direction: maximize}\nbudget: {trials: 4}\n"
        "space: {x: {type: float, low: -5.0, high: 5.0}}\n"
        f"tracking: {{uri: 'sqlite:///{tmp_path}/m.db'}}\n"
    )
    file.write_text(text)
    options = ["--studies", str(tmp_path / "studies")]
    wider = ["--set", "space.x.high=9.0", "--set", "budget.trials=6"]
    for words in (
        ["run", str(file), "--local"],
        ["amend", "sample", str(file), *wider, "--dry-run"],
        ["amend", "sample", str(file), *wider, "--json"],
        ["run", str(file), *wider, "--local"],
        ["report", "sample"],
    ):
        with pytest.raises(SystemExit) as ended:
            main([*words, *options])
        assert ended.value.code == 0
        output = capsys.readouterr()
        if "--json" in words:
            assert json.loads(output.out)["still_counting"] == 4
    study = Study(str(tmp_path / "studies"), "sample")
    assert len(study.trials) == 6 and not any(one.outside for one in study.trials)


# ---- whatever is changed -------------------------------------------------------------------------


def any_space(source: random.Random) -> dict[str, Any]:
    of = {"type": "int", "low": 1, "high": source.choice([4, 8])}
    numbers = [{"type": "float", "low": 0.0, "high": source.choice([0.5, 2.0])}]
    numbers += [{"type": "float", "low": 0.0, "high": 1.0, "step": source.choice([0.25, 0.5])}]
    numbers += [{"type": "categorical", "choices": source.choice([[0.0, 0.5], [0.25, 0.5, 1.0]])}]
    lists = [["a", "b"], ["b", "a", "c"], [1, True, "a"], {"a": [1], "b": {"q": 2}}]
    space: dict[str, Any] = {
        "x": source.choice(numbers),
        "kind": {"type": "categorical", "choices": source.choice(lists)},
        "depth": {"type": "int", "low": source.choice([0, 1]), "high": source.choice([2, 3])},
        "momentum": {"type": "float", "low": 0.0, "high": 1.0},
        "widths": {"type": "list", "of": of, "length": source.choice(["depth", 2])},
    }
    space["momentum"]["when"] = source.choice([{}, {"kind": "a"}, {"depth": {"at_least": 2}}])
    return space


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_a_trial_counts_only_if_the_trainable_is_given_the_same_and_none_is_lost(seed: int) -> None:
    source, store = random.Random(seed), MemoryStore().study("sample")
    begun_as: dict[int, tuple[Experiment, dict[str, Any]]] = {}
    first = experiment = made(any_space(source))
    for after in [*(made(any_space(source)) for _ in range(3)), first]:
        study = OptunaStudy(store, experiment)
        for _ in range(4):
            proposal = asked(study)
            begun_as[proposal.number] = experiment, dict(proposal.params)
            finish(study, proposal, source.random())
        study.close()
        planned = preview_amendment(store, experiment, after, DEFAULTS)
        end_experiment(store, experiment, DEFAULTS)
        experiment = after
        records = read_study(store, experiment)
        assert records == planned and len(records) == len(begun_as)
        for record in records:
            before, params = begun_as[record.number]
            if record.outside:
                assert record.params == params
            else:
                given = experiment.arguments(record.params)
                assert {**DEFAULTS, **given} == {**DEFAULTS, **before.arguments(params)}
    assert not any(one.outside for one in records if begun_as[one.number][0] is first)
