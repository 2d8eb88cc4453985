"""A journal into which others wrote: what fits is taken up, what does not is named."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from hpsearch.cli.app import main
from hpsearch.cli.options import complete_study
from hpsearch.common.errors import HpsearchError, SearchFailed, UserError
from hpsearch.common.trial import TrialState
from hpsearch.store.folder import FolderStudy
from hpsearch.strategies import (
    OptunaStudy,
    Reading,
    importance_of,
    kept_transfers,
    read_study,
    rerun,
    slots_of,
)
from hpsearch.strategies.journal import Journal
from tests.support import Bench, make_experiment, write_trainables

optuna.logging.set_verbosity(optuna.logging.ERROR)
EXPERIMENT = make_experiment()
NONE = {"type": "none"}
TWO = {
    "x": {"type": "float", "low": -5.0, "high": 5.0},
    "steps": {"type": "int", "low": 1, "high": 9, "step": 2},
}


def theirs(bench: Bench, name: str = "sample", **options: Any) -> optuna.Study:
    """Return the study as another program opens it, by Optuna's own backend."""
    storage = JournalStorage(JournalFileBackend(str(bench.paths.journal)))
    options = {"direction": "maximize", "load_if_exists": True, **options}
    return optuna.create_study(storage=storage, study_name=name, **options)


# ---- taken up ------------------------------------------------------------------------------------


def test_an_enqueued_trial_runs_next_and_the_sampler_adds_the_rest(bench: Bench) -> None:
    bench.run(space=TWO, budget={"trials": 2}, pruner=NONE)
    theirs(bench).enqueue_trial({"x": 1.25, "steps": 7})
    theirs(bench).enqueue_trial({"x": -1.0}, user_attrs={"who": "me"})
    seen = read_study(bench.stored, make_experiment(space=TWO))
    assert [r.state for r in seen[2:]] == [TrialState.WAITING] * 2
    assert seen[2].params == {"x": 1.25, "steps": 7}
    records = bench.run(space=TWO, budget={"trials": 5}, pruner=NONE)
    assert [r.state for r in records] == [TrialState.COMPLETE] * 5
    assert (records[2].params["x"], records[2].params["steps"]) == (1.25, 7)
    assert records[3].params["steps"] in (1, 3, 5, 7, 9) and records[3].params["x"] == -1.0
    assert all(record.attempt == 1 for record in records)


def test_enqueued_trials_count_in_the_budget_and_wait_for_a_larger_one(bench: Bench) -> None:
    bench.run(budget={"trials": 2})
    for value in (1.0, 2.0, 3.0):
        theirs(bench).enqueue_trial({"x": value})
    assert len(bench.run(budget={"trials": 3})) == 3
    records = bench.run(budget={"trials": 6})
    assert [r.params["x"] for r in records[2:5]] == [1.0, 2.0, 3.0] and len(records) == 6


@pytest.mark.parametrize("sampler", ["tpe", "random", "grid", "brute_force", "qmc"])
def test_every_sampler_lives_with_an_enqueued_trial(bench: Bench, sampler: str) -> None:
    space = {"x": {"type": "int", "low": 0, "high": 3}}
    sections: dict[str, Any] = {"space": space, "sampler": {"type": sampler}}
    bench.run(budget={"trials": 2}, **sections)
    theirs(bench).enqueue_trial({"x": 3})
    records = bench.run(budget={"trials": 20 if "r" in sampler[1:2] else 5}, **sections)
    assert records[2].params["x"] == 3 and all(r.state.is_finished for r in records)


@pytest.mark.parametrize(
    "given", [{"x": 50.0}, {"x": "high"}, {"y": 1}, {"x": None}, {"x": True}, {"x": [1]}]
)
def test_an_enqueued_trial_outside_the_space_fails_and_says_so(
    bench: Bench, given: dict[str, Any]
) -> None:
    bench.run(budget={"trials": 1})
    theirs(bench).enqueue_trial(given)
    records = bench.run(budget={"trials": 3})
    assert [r.state for r in records] == [
        TrialState.COMPLETE, TrialState.FAILED, TrialState.COMPLETE,
    ]  # fmt: skip
    assert "outside the space" in records[1].reason and next(iter(given)) in records[1].reason


@pytest.mark.parametrize("choice", [1, True, 1.0, None, "a"])
@pytest.mark.parametrize("encode", [lambda value: value, json.dumps], ids=["plain", "text"])
def test_an_enqueued_choice_is_the_one_that_was_meant(
    bench: Bench, encode: Callable[[Any], Any], choice: Any
) -> None:
    choices = {"type": "categorical", "choices": [True, 1, 1.0, None, "a"]}
    experiment = make_experiment(space={"c": choices})
    OptunaStudy(bench.stored, experiment).close()
    theirs(bench).enqueue_trial({"c": encode(choice)})
    theirs(bench).enqueue_trial({"c": 2})
    seen = read_study(bench.stored, experiment)
    study = OptunaStudy(bench.stored, experiment)
    proposal = study.ask()
    assert proposal is not None
    assert repr(seen[0].params["c"]) == repr(proposal.params["c"]) == repr(choice)
    refused = study.records()[1]
    assert refused.state is TrialState.FAILED and "`c` is 2" in refused.reason
    study.close()


def test_trials_that_optimize_ran_are_trials(bench: Bench) -> None:
    bench.run(budget={"trials": 1})

    def objective(trial: optuna.Trial) -> float:
        x = trial.suggest_float("x", -4, 4)
        for step in range(3):
            trial.report(x + step, step)
        if trial.number == 2:
            raise optuna.TrialPruned
        if trial.number == 3:
            raise ValueError("no")
        return 100.0 if trial.number == 1 else x + 1

    theirs(bench).optimize(objective, n_trials=4, catch=ValueError)
    theirs(bench).ask()  # and never told
    seen = read_study(bench.stored, EXPERIMENT)
    assert [str(r.state) for r in seen] == [
        "complete", "complete", "pruned", "failed", "complete", "running",
    ]  # fmt: skip
    assert seen[1].values == (100.0,) and seen[1].best_step == 3  # after what it had reported
    assert seen[4].best_step == 1 and len(seen[4].measurements) == 3
    records = bench.run(budget={"trials": 7})
    assert len(records) == 7 and all(r.state.is_finished for r in records)
    assert records[5].state is TrialState.COMPLETE  # it was begun, so it is run to its end


def test_attributes_notes_and_other_studies_are_left_alone(bench: Bench) -> None:
    before = bench.run(budget={"trials": 2})
    study = theirs(bench)
    study.set_user_attr("dashboard:note", "hm")
    study._storage.set_study_system_attr(study._study_id, "dashboard:tags", ["a"])
    other = theirs(bench, "another", direction="minimize")
    other.optimize(lambda trial: trial.suggest_int("y", 0, 3), n_trials=3)
    study.enqueue_trial({"x": 0.5}, user_attrs={"hpsearch-note": 1})
    seen = read_study(bench.stored, EXPERIMENT)
    assert seen[:2] == list(before) and len(seen) == 3
    records = bench.run(budget={"trials": 5})
    assert [r.number for r in records] == [0, 1, 2, 3, 4] and records[2].params["x"] == 0.5
    assert len(theirs(bench, "another").trials) == 3


# ---- while the search runs -----------------------------------------------------------------------


def test_a_note_that_is_written_during_a_search_stops_nothing(bench: Bench) -> None:
    study = OptunaStudy(bench.stored, EXPERIMENT)
    study.ask()
    study.prepare()
    theirs(bench).set_user_attr("note", "hm")
    second = study.ask()
    assert second is not None and second.number == 1
    study.close()
    assert [r.number for r in read_study(bench.stored, EXPERIMENT)] == [0, 1]


def test_trials_that_are_written_during_a_search_end_it_before_they_mix_with_ours(
    bench: Bench,
) -> None:
    study = OptunaStudy(bench.stored, EXPERIMENT)
    first = study.ask()
    study.prepare()
    theirs(bench).enqueue_trial({"x": 1.5})
    with pytest.raises(SearchFailed, match="another program has written"):
        study.ask()
    study.close()
    seen = read_study(bench.stored, EXPERIMENT)
    assert first is not None and seen[0].params == first.params
    assert seen[1].params == {"x": 1.5} and len(seen) == 2


# ---- refused by name -----------------------------------------------------------------------------


def _optimize(suggest: Callable[[optuna.Trial], Any]) -> Callable[[optuna.Study], None]:
    def run(study: optuna.Study) -> None:
        study.optimize(lambda trial: (suggest(trial) and 1.0) or 1.0, n_trials=1)

    return run


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (_optimize(lambda t: t.suggest_float("y", 0, 1)), "trial 1: `y` is not in `space`"),
        (_optimize(lambda t: t.suggest_float("x", 10, 11)), "trial 1: `x` is 1"),
        (_optimize(lambda t: t.suggest_float("x", 1, 2, log=True)), "trial 1: `x` was drawn from"),
        (_optimize(lambda t: t.suggest_int("x", 1, 2)), "trial 1: `x` was drawn from"),
        (_optimize(lambda t: t.suggest_categorical("x", ["a"])), "trial 1: `x` is 'a'"),
        (_optimize(lambda t: t.number), r"trial 1: it has only \[\] of the space"),
    ],
)
def test_a_trial_of_another_experiment_is_named(
    bench: Bench, write: Callable[[optuna.Study], None], said: str
) -> None:
    bench.run(budget={"trials": 1}) if "drawn" not in said and "'a'" not in said else None
    if not bench.paths.journal.exists():
        theirs(bench).optimize(lambda t: 1.0 + t.suggest_float("z", 0, 0) * 0, n_trials=0)
        said = said.replace("trial 1", "trial 0")
    write(theirs(bench))
    for look in (OptunaStudy,) if "only" in said else (read_study, OptunaStudy):
        with pytest.raises(UserError, match=said):
            look(bench.stored, EXPERIMENT)


def test_a_study_of_another_direction_is_refused(bench: Bench) -> None:
    theirs(bench, direction="minimize")
    with pytest.raises(UserError, match="it is set to minimize, the experiment to maximize"):
        OptunaStudy(bench.stored, EXPERIMENT)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"op_code": 77, "worker_id": "x"}, "line 4.*its kind is 77"),
        ({"op_code": "new", "worker_id": "x"}, "its kind is 'new'"),
        ({"op_code": 4, "worker_id": "x", "study_id": 0}, "KeyError: 'datetime_start'"),
        ({"op_code": 4, "worker_id": "x", "study_id": 0, "datetime_start": "now"}, "ValueError"),
        ({"op_code": 0, "worker_id": "x", "study_name": "b", "directions": ["up"]}, "ValueError"),
    ],
)
def test_a_record_that_optuna_cannot_read_is_named_by_its_line(
    bench: Bench, line: dict[str, Any], said: str
) -> None:
    theirs(bench)
    theirs(bench).set_user_attr("a", 1)
    with bench.paths.journal.open("a") as file:
        file.write(json.dumps(line) + "\n")
    for look in (read_study, OptunaStudy):
        with pytest.raises(UserError, match=f"(?s){said}"):
            look(bench.stored, EXPERIMENT)


# ---- one bad study hides no other ----------------------------------------------------------------


@pytest.fixture
def studies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Two studies of three trials."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HPSEARCH_STUDIES", raising=False)
    for name in ("bad", "good"):
        make_study(tmp_path / "studies" / name)
    return tmp_path / "studies"


def make_study(folder: Path) -> FolderStudy:
    paths = FolderStudy(folder)
    folder.mkdir(parents=True)
    sections: dict[str, Any] = {"name": folder.name, "budget": {"trials": 4}}
    paths.layout.experiment.write_text(
        yaml.safe_dump(make_experiment(**sections).model_dump(mode="json"))
    )
    source = str(write_trainables(folder.parent.parent) / "e.yaml")
    paths.layout.identity.write_text(json.dumps({"id": folder.name, "source": source}))
    storage = JournalStorage(Journal(paths, writable=True))
    study = optuna.create_study(storage=storage, study_name=folder.name, direction="maximize")
    for value in (0.5, 1.5):
        trial = study.ask()
        trial.suggest_float("x", -5, 5)
        trial.report(value, 1)
        study.tell(trial, value)
    study.ask().suggest_float("x", -5, 5)
    return paths


def _write(name: str, text: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / name).write_text(text)

    return write


def _append(name: str, text: str) -> Callable[[Path], None]:
    def append(folder: Path) -> None:
        (folder / name).write_text((folder / name).read_text() + text)

    return append


def _directory(folder: Path) -> None:
    (folder / "journal.log").unlink()
    (folder / "journal.log").mkdir()


def _foreign(folder: Path) -> None:
    storage = JournalStorage(JournalFileBackend(str(folder / "journal.log")))
    optuna.load_study(study_name="bad", storage=storage).optimize(
        lambda trial: trial.suggest_float("other", 0, 1), n_trials=1
    )


BAD: dict[str, Callable[[Path], None]] = {
    "damaged": _append("journal.log", "garbage\n"),
    "foreign": _foreign,
    "newer record": _append("journal.log", '{"op_code":99,"worker_id":"x"}\n'),
    "experiment": _write("experiment.yaml", "name: [\n"),
    "newer key": _append("experiment.yaml", "\nfrom_the_future: 1\n"),
    "no experiment": lambda folder: (folder / "experiment.yaml").unlink(),
    "no identity": lambda folder: (folder / "study.json").unlink(),
    "identity": _write("study.json", "[1]"),
    "half an identity": _write("study.json", '{"id": "x"}'),
    "a folder": _directory,
    "no permission": lambda folder: folder.chmod(0),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_study_that_cannot_be_read_is_listed_with_the_reason_and_hides_no_other(
    studies: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (studies / "good").stat()
    BAD[kind](studies / "bad")
    try:
        found = json.loads(call(capsys, "ls", "--json")[1])
        text = call(capsys, "ls")[1]
        shown = call(capsys, "show", "bad")
        names = complete_study(type("Context", (), {"params": {}})(), "")
    finally:
        (studies / "bad").chmod(0o700)
    assert [one["name"] for one in found] == ["bad", "good"] == names
    assert found[1]["counts"]["complete"] == 2 and before
    assert "good" in text and "bad" in text
    if found[0]["standing"] != "unreadable":  # who may do everything may read it
        assert kind == "no permission"
        return
    assert {"code", "what", "why", "fix"} == found[0]["problem"].keys()
    assert found[0]["problem"]["code"] != "bug" and "unreadable" in text
    assert shown[0] in (1, 2) and "error[bug]" not in shown[2]
    assert call(capsys, "show", "good")[0] == call(capsys, "report", "good")[0] == 0
    removed = call(capsys, "rm", "bad", "--yes", "--keep-runs")
    assert removed[0] == 0 and not (studies / "bad").exists(), removed


def test_attributes_of_a_later_version_are_no_fault(studies: Path) -> None:
    identity = json.loads((studies / "bad" / "study.json").read_text())
    (studies / "bad" / "study.json").write_text(json.dumps({**identity, "since": "1.0"}))
    main_ok("show", "bad")


def main_ok(*words: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    assert not ended.value.code


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    captured = capsys.readouterr()
    return int(ended.value.code or 0), captured.out, captured.err


# ---- whatever stands in a journal ----------------------------------------------------------------

ENDED = make_experiment(name="bad").model_dump(mode="json")
"""The experiment that an amendment ends."""

ODD = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 12), st.integers(), st.floats(), st.text(max_size=5),
    st.lists(st.integers(-2, 3), max_size=3), st.dictionaries(st.text(max_size=3), st.integers()),
    st.sampled_from(
        [
            "2026-01-01T00:00:00", "0001-01-01T00:00:00", "9999-12-31T23:59:59+00:00", "bad", "x",
            '{"name": "FloatDistribution", "attributes": {"low": -9.0, "high": 9.0, "log": false,'
            ' "step": null}}',
            '{"name": "IntDistribution", "attributes": {"low": 0, "high": 9, "log": false,'
            ' "step": 1}}',
            '{"name": "CategoricalDistribution", "attributes": {"choices": [1, "a", null]}}',
            {"hpsearch": {"attempt": "x"}}, {"hpsearch": 5}, {"hpsearch": {"reason": 4}},
            {"hpsearch:1": [[1, 0.5, {"value": 2}]]}, {"hpsearch:2": [[1]]},
            {"hpsearch-repetition": {"trial": "a"}}, {"hpsearch": {"place": {"host": 1}}},
            {"fixed_params": {"x": 9}}, {"fixed_params": 3}, {"hpsearch-amendment:1": 3},
            {"hpsearch-amendment:1": {"experiment": {"name": "bad"}, "defaults": {}}},
            {"hpsearch-amendment:1": {"experiment": ENDED, "defaults": {}}},
            {"hpsearch-amendment:2": {"experiment": ENDED, "defaults": 3}},
            {"hpsearch-strategy:1": 3}, {"hpsearch-strategy:x": {"sampler": {}, "pruner": {}}},
            {"hpsearch-strategy:1": {"sampler": {"type": "tpe"}, "pruner": {"type": 3}}},
            {"hpsearch-strategy:2": {"sampler": {"type": "tpe"}, "pruner": {"type": "none"}}},
            {"hpsearch-warm-start:earlier": {"study": "earlier", "trials": [[3, 4]]}},
            {"hpsearch-warm-start:earlier": 3},
        ]
    ),
)  # fmt: skip
KEYS = {
    "study_id": st.sampled_from([0, 0, 0, 1, "0", None]),
    "trial_id": st.sampled_from([0, 1, 2, 3, 3, 9, -1, "0", None]),
    "state": st.sampled_from([0, 1, 2, 3, 4, 4, 9, "1", None]),
    "datetime_start": st.sampled_from(["2026-01-01T00:00:00", None, 5]) | ODD,
    "datetime_complete": st.sampled_from(["2026-01-01T00:00:00", None]) | ODD,
    "values": st.sampled_from([[1.0], None, [], [1.0, 2.0], ["a"], [float("nan")], [10**400]])
    | ODD,
    "value": st.none() | ODD,
    "intermediate_values": st.sampled_from([{}, {"1": 0.5}, {"1": "a"}, {"-4": None}]),
    "params": st.sampled_from([{}, {"x": 0.5}, {"x": 99}, {"x": "a"}]),
    "distributions": st.sampled_from(
        [{}, {"x": '{"name": "FloatDistribution", "attributes": {"low": -5.0, "high": 5.0}}'}]
    ),
    "user_attrs": st.just({}) | ODD,
    "system_attrs": st.just({}) | ODD,
    "user_attr": ODD,
    "system_attr": ODD,
    "param_name": st.sampled_from(["x", "y", 5]),
    "param_value_internal": ODD,
    "distribution": ODD,
    "step": ODD,
    "intermediate_value": ODD,
    "study_name": st.sampled_from(["bad", "other"]) | ODD,
    "directions": st.sampled_from([[2], [1], [1, 2], []]) | ODD,
    "anything": ODD,
}
NEEDED = {
    0: ("study_name", "directions"), 1: ("study_id",), 2: ("study_id", "user_attr"),
    3: ("study_id", "system_attr"), 4: ("study_id", "datetime_start"),
    5: ("trial_id", "param_name", "param_value_internal", "distribution"),
    6: ("trial_id", "state", "values", "datetime_start", "datetime_complete"),
    7: ("trial_id", "step", "intermediate_value"), 8: ("trial_id", "user_attr"),
    9: ("trial_id", "system_attr"), 10: ("study_id",), 11: (),
}  # fmt: skip


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    """A line as Optuna writes it, with odd content: keys more or fewer, values of other kinds."""
    code = draw(st.sampled_from(sorted(NEEDED)))
    log: dict[str, Any] = {"op_code": code, "worker_id": "theirs"}
    for key in NEEDED[code]:
        if draw(st.integers(0, 15)):
            log[key] = draw(KEYS[key])
    for key in draw(st.lists(st.sampled_from(sorted(KEYS)), max_size=2)):
        log[key] = draw(KEYS[key])
    if code == 4 and draw(st.booleans()):  # a template: `add_trial`
        for key in (
            "state",
            "values",
            "datetime_complete",
            "params",
            "distributions",
            "user_attrs",
        ):
            log[key] = draw(KEYS[key])
    return log


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_study(tmp_path_factory.mktemp("template") / "studies" / "bad").layout.root


@settings(max_examples=75)
@given(lines=st.lists(records(), min_size=1, max_size=6))
def test_whatever_stands_in_a_journal_a_command_answers_with_records_or_a_fault(
    template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], lines: list[dict[str, Any]]
) -> None:
    folder = tmp_path / "studies"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(template.parent, folder)
    paths = FolderStudy(folder / "bad")
    with paths.layout.journal.open("a") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)
    for words in (["ls"], ["ls", "--json"], ["show", "bad"], ["show", "bad", "--json"]):
        code, out, err = call(capsys, *words, "--studies", str(folder))
        assert "error[bug]" not in err, err
        assert code == 0 or "error[" in err, out + err
    for number in ("0", "3"):
        _, _, err = call(capsys, "show", "bad", "--trial", number, "--studies", str(folder))
        assert "error[bug]" not in err, err
    experiment = make_experiment(name="bad", warm_start=["earlier"])
    try:
        importance_of(Reading.of(paths, experiment), experiment)
        assert slots_of(paths, experiment) >= 1 and kept_transfers(paths, experiment) == []
        rerun(paths, experiment)
        study = OptunaStudy(paths, experiment)
        for _ in range(2):
            study.ask()
        study.records()
        study.close()
    except HpsearchError:
        pass
