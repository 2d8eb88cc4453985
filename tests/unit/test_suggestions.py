"""What people want tried: held against the space, tried next and once, shown as theirs."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpsearch import usecases
from hpsearch.cli.app import main
from hpsearch.common.errors import UserError
from hpsearch.common.proposal import Proposal
from hpsearch.common.trial import Measurement, TrialRecord, TrialState
from hpsearch.experiment import SAMPLERS, Experiment, fit_suggestion, left_open, own_suggestions
from hpsearch.store import StudyStore
from hpsearch.store.documents import JOURNAL, SUGGESTIONS
from hpsearch.store.documents import suggestion as document_of
from hpsearch.store.folder import FolderStudy
from hpsearch.store.memory import MemoryStore
from hpsearch.store.suggestions import add_suggestion, waiting_suggestions
from hpsearch.strategies import OptunaStudy, read_study
from hpsearch.strategies import suggestions as queue
from hpsearch.tracking.values import tags_of
from hpsearch.usecases.suggest import read_words, tell_unfit
from tests.journals import as_before
from tests.support import Bench, Memory, make_experiment, write_trainables
from tests.unit.test_optuna_study import asked, finish

SPACE: dict[str, Any] = {
    "rate": {"type": "float", "low": 1e-4, "high": 0.1, "log": True},
    "drop": {"type": "float", "low": -0.5, "high": 0.5, "step": 0.1},
    "units": {"type": "int", "low": 8, "high": 64, "step": 8},
    "kind": {"type": "categorical", "choices": ["sgd", "adam", "on", "1", True]},
    "momentum": {"type": "float", "low": 0.0, "high": 1.0, "when": {"kind": "sgd"}},
    "beta": {"type": "float", "low": 0.0, "high": 1.0, "when": {"kind": ["adam", "on"]}},
    "depth": {"type": "int", "low": 1, "high": 3, "when": {"kind": ["sgd", "adam"]}},
    "deepest": {"type": "int", "low": 0, "high": 9, "when": {"depth": 3}},
}
FIXED = {"epochs": 3}
TWO: dict[str, Any] = {
    "x": {"type": "float", "low": -5.0, "high": 5.0},
    "steps": {"type": "int", "low": 1, "high": 9},
}
PAIR: dict[str, Any] = {
    "x": {"type": "int", "low": 0, "high": 2},
    "steps": {"type": "int", "low": 1, "high": 3},
}


@pytest.fixture(autouse=True)
def looked_at_always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no test wait for a second."""
    monkeypatch.setattr(queue, "POLL_SECONDS", 0.0)


@pytest.fixture
def stored() -> StudyStore:
    return MemoryStore().study("sample")


def wide() -> Experiment:
    return make_experiment(space=SPACE, params=FIXED)


def params_of(proposals: Sequence[Proposal | TrialRecord]) -> list[dict[str, Any]]:
    return [dict(one.params) for one in proposals]


# ---- held against the space ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "own"),
    [
        ({"drop": 0.1 * 3}, {"drop": 0.3}),
        ({"drop": -0.5 + 5 * 0.1}, {"drop": 0.0}),
        ({"drop": 0}, {"drop": 0.0}),
        ({"units": 16.0}, {"units": 16}),
        ({"kind": True}, {"kind": True}),
        ({"rate": 1e-4}, {"rate": 1e-4}),
        ({"momentum": 1}, {"momentum": 1.0, "kind": "sgd"}),
        ({"beta": 0.5}, {"beta": 0.5, "kind": "adam"}),
        ({"beta": 0.5, "kind": "on"}, {"beta": 0.5, "kind": "on"}),
        ({"beta": 0.5, "depth": 2}, {"beta": 0.5, "depth": 2, "kind": "adam"}),
        ({"deepest": 9}, {"deepest": 9, "depth": 3, "kind": "sgd"}),
    ],
)
def test_a_suggestion_is_taken_in_the_spaces_own_values(
    given: dict[str, Any], own: dict[str, Any]
) -> None:
    found, misfits = fit_suggestion(wide(), given)
    assert not misfits and found == own
    assert all(type(found[name]) is type(value) for name, value in own.items())


@pytest.mark.parametrize(
    ("given", "said", "fix"),
    [
        ({"rat": 0.01}, "`rat` is not searched", "did you mean `rate`?"),
        ({"epochs": 3}, "`epochs` is fixed", "leave `epochs` out."),
        ({"epochs": 4, "rate": 0.01}, "`epochs` is fixed", "leave `epochs` out."),
        ({"rate": 1}, "`rate` is 1: it must be float 0.0001 to 0.1", "use the nearest value, 0.1."),
        ({"rate": 0.0}, "`rate` is 0.0", "use the nearest value, 0.0001."),
        ({"rate": float("nan")}, "`rate` is nan", "give a number in that range."),
        ({"rate": "high"}, "`rate` is 'high'", "give a number in that range."),
        ({"rate": True}, "`rate` is true", "give a number in that range."),
        ({"rate": None}, "`rate` is null", "give a number in that range."),
        ({"rate": [0.01]}, "`rate` is [0.01]", "give a number in that range."),
        ({"drop": 0.25}, "`drop` is 0.25", "use the nearest value, 0."),
        ({"units": 12}, "`units` is 12: it must be int 8 to 64, step 8", "use the nearest value, "),
        ({"units": 16.5}, "`units` is 16.5", "use the nearest value, 16."),
        ({"units": 10**400}, "`units` is 1000", "use the nearest value, 64."),
        ({"kind": "sdg"}, "`kind` is 'sdg': it must be one of sgd", "use one of these."),
        ({"kind": 1}, "`kind` is 1", "use one of these."),
        ({"kind": "adam", "momentum": 0.9}, "`momentum` exists only if `kind` is 'sgd'", ""),
        ({"kind": "on", "deepest": 1}, "`depth` exists only if `kind` is 'sgd' or 'adam'", ""),
        ({"depth": 2, "deepest": 1}, "`deepest` exists only if `depth` is 3", ""),
        ({"momentum": 0.5, "beta": 0.5}, "need different values of `kind`", ""),
        ({}, "it is empty", "name at least one."),
        ({3: 3}, "`3` is not searched", ""),
    ],
)
def test_what_cannot_be_tried_says_why_and_what_can(
    given: dict[str, Any], said: str, fix: str
) -> None:
    _, (misfit,) = fit_suggestion(wide(), given)
    assert said in str(misfit) and fix in misfit.fix


def test_a_text_near_a_choice_is_answered_with_that_one() -> None:
    space = {"kind": {"type": "categorical", "choices": ["sgd", "adam"]}}
    _, (misfit,) = fit_suggestion(make_experiment(space=space), {"kind": "adma"})
    assert misfit.fix == "did you mean `adam`?"


def test_all_params_of_a_trial_can_be_suggested_again() -> None:
    assert fit_suggestion(wide(), {"rate": 0.01, **FIXED}) == ({"rate": 0.01}, [])
    _, (misfit,) = fit_suggestion(wide(), FIXED)
    assert str(misfit).startswith("`epochs` is fixed")


def test_what_the_sampler_adds_is_what_is_open() -> None:
    space = wide().space
    assert left_open(space, {"kind": "on", "rate": 0.1}) == ["drop", "units", "beta"]
    assert set(left_open(space, {"rate": 0.1})) == space.keys() - {"rate"}


def test_all_faults_of_a_file_are_told_at_once() -> None:
    wrong = [{"rat": 1}, {"rate": 9, "epochs": 4}, {"kind": "adam", "momentum": 0.5}, {}]
    with pytest.raises(Exception, match="not searched") as refused:
        make_experiment(space=SPACE, params=FIXED, suggestions=wrong)
    told = str(refused.value)
    for number, word in enumerate(("`rat`", "`rate` is 9", "exists only if", "is empty")):
        assert f"in `suggestions.{number}`, " in told and word in told
    assert "`epochs` is fixed" in told


@pytest.mark.parametrize("wrong", [{"x": 1}, 3, ["x"], [3], None])
def test_suggestions_are_a_list_of_mappings(tmp_path: Path, wrong: object) -> None:
    file = write_trainables(tmp_path) / "e.yaml"
    given = {**make_experiment().model_dump(mode="json"), "suggestions": wrong}
    file.write_text(json.dumps(given))
    with pytest.raises(UserError, match="suggestions") as refused:
        usecases.validate(usecases.Source.read(file))
    assert {fault.code for fault in refused.value.faults} == {"wrong-value"}


def test_a_suggestion_in_a_file_keeps_its_id_beside_new_ones() -> None:
    def ids(*given: dict[str, Any]) -> list[str]:
        return [s.id for s in own_suggestions(make_experiment(suggestions=list(given)))]

    assert ids({"x": 1}, {"x": 2}) == ids({"x": 1.0}, {"x": 2.0})
    assert ids({"x": 3}, {"x": 1})[1:] == ids({"x": 1})
    assert len({*ids({"x": 1}, {"x": 1})}) == 2


# ---- tried next, in order, once ------------------------------------------------------------------


def test_suggestions_of_the_file_come_first_and_the_sampler_completes_them(bench: Bench) -> None:
    given = [{"x": 1}, {"steps": 7}, {"x": 2, "steps": 3}]
    records = bench.run(space=TWO, suggestions=given, budget={"trials": 5})
    assert [r.suggested for r in records] == [True, True, True, False, False]
    assert (records[0].params["x"], records[1].params["steps"]) == (1.0, 7)
    assert records[2].params == {"x": 2.0, "steps": 3}
    assert all(r.params.keys() == TWO.keys() for r in records)
    assert len({r.params["x"] for r in records}) == 5
    assert [r.suggested for r in bench.heard.done] == [True, True, True, False, False]


def test_a_search_that_goes_on_tries_those_that_are_new(bench: Bench) -> None:
    bench.run(suggestions=[{"x": 1}, {"x": 2}], budget={"trials": 1})
    given = [{"x": 3}, {"x": 2}, {"x": 1}, {"x": 1}]
    records = bench.run(suggestions=given, budget={"trials": 6})
    assert [r.params["x"] for r in records[:4]] == [1.0, 3.0, 2.0, 1.0]
    assert [r.suggested for r in records] == [True] * 4 + [False] * 2
    assert len(bench.run(suggestions=given, budget={"trials": 6})) == 6


def test_what_arrives_is_tried_after_the_files_and_is_gone_then(bench: Bench) -> None:
    bench.run(budget={"trials": 1})
    for value in (3.0, 4.0):
        add_suggestion(bench.stored, {"x": value})
    records = bench.run(suggestions=[{"x": 1}], budget={"trials": 3})
    assert [r.params["x"] for r in records[1:]] == [1.0, 3.0]
    assert [one.params for one in waiting_suggestions(bench.stored)] == [{"x": 4.0}]
    records = bench.run(suggestions=[{"x": 1}], budget={"trials": 5})
    assert records[3].params["x"] == 4.0 and not records[4].suggested
    assert waiting_suggestions(bench.stored) == []


class Suggester(Memory):
    """Suggests something when the first trial begins."""

    def __init__(self, store: StudyStore) -> None:
        super().__init__()
        self._store = store

    def started(self, record: TrialRecord) -> None:
        if record.number == 0:
            add_suggestion(self._store, {"x": 1.25})


def test_what_arrives_while_a_search_runs_is_tried_next(bench: Bench) -> None:
    search, study = bench.make(make_experiment(), Suggester(bench.stored))
    search.run()
    study.close()
    records = read_study(bench.stored, make_experiment())
    assert records[1].params == {"x": 1.25} and [r.suggested for r in records].count(True) == 1


def test_the_store_is_asked_at_most_once_a_second(
    stored: StudyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock:
        now = 0.0

        def monotonic(self) -> float:
            return self.now

    monkeypatch.setattr(queue, "time", clock := Clock())
    monkeypatch.setattr(queue, "POLL_SECONDS", 1.0)
    waiting = queue.Suggestions(stored, make_experiment(), ())
    assert waiting.first() is None
    made = add_suggestion(stored, {"x": 1.0})
    clock.now = 0.9
    assert waiting.first() is None
    clock.now = 1.0
    assert waiting.first() == made


@pytest.mark.parametrize("kind", [one for one in SAMPLERS if one != "pbt"])
def test_every_sampler_completes_a_suggestion(stored: StudyStore, kind: str) -> None:
    given = [{"x": 1}, {"steps": 2}, {"x": 2, "steps": 3}, {"x": 1}]
    experiment = make_experiment(space=PAIR, sampler={"type": kind}, suggestions=given)
    study = OptunaStudy(stored, experiment)
    proposals = []
    for index in range(6):
        proposals.append(asked(study))
        finish(study, proposals[-1], float(index))
    assert [one.suggested for one in proposals] == [True] * 4 + [False] * 2
    for wanted, one in zip(given, proposals, strict=False):
        assert wanted.items() <= dict(one.params).items() and one.params.keys() == PAIR.keys()
    again = [record.suggested for record in study.records()]
    study.close()
    assert (
        again == [r.suggested for r in read_study(stored, experiment)] == [True] * 4 + [False] * 2
    )


@pytest.mark.parametrize("kind", ["tpe", "random", "brute_force"])
def test_a_conditional_suggestion_exists_with_all_samplers(stored: StudyStore, kind: str) -> None:
    space = {n: SPACE[n] for n in ("units", "kind", "depth", "deepest")}
    given: list[dict[str, Any]] = [{"deepest": 7}, {"depth": 2}, {"kind": "1"}]
    study = OptunaStudy(
        stored, make_experiment(space=space, sampler={"type": kind}, suggestions=given)
    )
    first, second, third = (asked(study).params for _ in given)
    assert (first["kind"], first["depth"], first["deepest"]) == ("sgd", 3, 7)
    assert second["depth"] == 2 and "deepest" not in second
    assert third["kind"] == "1" and "depth" not in third and "units" in third


@pytest.mark.parametrize("kind", ["grid", "brute_force"])
@pytest.mark.parametrize("drivers", [1, 4])
def test_a_suggested_configuration_counts_as_tried(
    stored: StudyStore, kind: str, drivers: int
) -> None:
    given = [{"x": 1, "steps": 1}, {"x": 2}, {"steps": 3}]
    experiment = make_experiment(space=PAIR, sampler={"type": kind}, suggestions=given, seed=3)
    found: list[Proposal] = []
    for _ in range(drivers):
        study = OptunaStudy(stored, experiment)
        for _ in range(20 if drivers == 1 else 3):
            proposal = study.ask()
            if proposal is not None:
                found.append(proposal)
                finish(study, proposal, 1.0)
        study.close()
    assert len(found) == 9 == len({tuple(one.params.values()) for one in found})


def test_a_configuration_that_was_tried_is_tried_again_if_a_person_wants_it(bench: Bench) -> None:
    sections: dict[str, Any] = {"space": PAIR, "sampler": {"type": "grid"}}
    bench.run(budget={"trials": 20}, **sections)
    add_suggestion(bench.stored, {"x": 1, "steps": 2})
    records = bench.run(budget={"trials": 20}, **sections)
    assert len(records) == 10 and records[9].params == {"x": 1, "steps": 2}


def test_one_seed_gives_one_search_without_suggestions_or_with_the_same(tmp_path: Path) -> None:
    def search(name: str, suggestions: list[dict[str, Any]]) -> list[dict[str, Any]]:
        records = Bench(tmp_path / name).run(space=TWO, suggestions=suggestions)
        return params_of(records)

    assert search("a", []) == search("b", [])
    assert search("c", [{"x": 1}]) == search("d", [{"x": 1}])


# ---- a proposal made ahead gives way -------------------------------------------------------------


@pytest.mark.parametrize("pruner", ["none", "asha"])
def test_a_suggestion_goes_before_a_proposal_that_was_made_ahead(
    stored: StudyStore, pruner: str
) -> None:
    options = {"min_resource": 1} if pruner == "asha" else {}
    experiment = make_experiment(space=TWO, pruner={"type": pruner, **options})
    study = OptunaStudy(stored, experiment)
    first = asked(study)
    study.prepare()
    study.report(first.number, [Measurement(1, {"value": 1.0}, 0.1)])
    add_suggestion(stored, {"x": 1.25, "steps": 2})
    second, third = asked(study), asked(study)
    assert (second.number, dict(second.params)) == (1, {"x": 1.25, "steps": 2})
    assert (third.number, third.suggested) == (2, False)
    finish(study, first, 1.0)
    finish(study, second, 2.0)
    study.close()
    records = read_study(stored, experiment)
    assert params_of(records) == params_of([first, second, third])
    assert [len(r.measurements) for r in records] == [2, 1, 0]


def test_a_proposal_that_gave_way_is_made_again_as_if_nothing_had_been_ahead() -> None:
    def search(*, ahead: bool) -> list[dict[str, Any]]:
        study = OptunaStudy(stored := MemoryStore().study("sample"), make_experiment(space=TWO))
        found = [asked(study)]
        if ahead:
            study.prepare()
        add_suggestion(stored, {"x": 1.25})
        found += [asked(study) for _ in range(3)]
        return params_of(found)

    assert search(ahead=True) == search(ahead=False)


def test_a_configuration_of_a_grid_that_gave_way_is_not_lost(stored: StudyStore) -> None:
    study = OptunaStudy(stored, make_experiment(space=PAIR, sampler={"type": "grid"}))
    found = []
    for round_ in range(9):
        study.prepare()
        if round_ == 4:
            add_suggestion(stored, {"x": 0})
        found.append(asked(study))
        finish(study, found[-1], 1.0)
    assert study.ask() is None and len({tuple(one.params.values()) for one in found}) == 9


# ---- durable and exactly once --------------------------------------------------------------------


def test_a_driver_killed_before_it_removed_the_document_does_not_try_it_twice(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.run(budget={"trials": 1})
    made = add_suggestion(bench.stored, {"x": 1.25})
    with monkeypatch.context() as patched:
        patched.setattr(FolderStudy, "discard", _refuse)
        bench.run(budget={"trials": 3})
    assert waiting_suggestions(bench.stored) == [made]
    records = bench.run(budget={"trials": 5})
    assert [r.params["x"] for r in records].count(1.25) == 1 and records[1].suggested
    assert waiting_suggestions(bench.stored) == []


def _refuse(store: FolderStudy, document: str) -> None:
    raise OSError(30, "Read-only file system")


def test_a_driver_killed_before_the_journal_had_it_tries_it_the_next_time(
    stored: StudyStore,
) -> None:
    study = OptunaStudy(stored, make_experiment())
    add_suggestion(stored, {"x": 1.25})
    study.prepare()
    assert len(waiting_suggestions(stored)) == 1
    study.close()
    assert read_study(stored, make_experiment()) == []
    assert asked(OptunaStudy(stored, make_experiment())).params == {"x": 1.25}


def test_a_suggestion_whose_proposal_was_cut_short_is_completed(stored: StudyStore) -> None:
    experiment = make_experiment(space=TWO, suggestions=[{"steps": 7}])
    study = OptunaStudy(stored, experiment)
    asked(study)
    study.close()
    lines = as_before(stored.read(JOURNAL) or b"").splitlines(keepends=True)
    (begun,) = [number for number, line in enumerate(lines) if b'"op_code":4' in line]
    stored.write(JOURNAL, b"".join(lines[: begun + 1]))
    (record,) = OptunaStudy(stored, experiment).records()
    assert record.suggested and record.params["steps"] == 7 and "x" in record.params


def test_what_nobody_can_try_waits_and_stops_nothing(bench: Bench) -> None:
    bench.run(budget={"trials": 1})
    add_suggestion(bench.stored, {"y": 1.0})
    for name, text in (("a.json", b"{"), ("b.json", b"[]"), ("c.json", b'{"params": 1}')):
        bench.stored.write(f"{SUGGESTIONS}/{name}", text)
    bench.stored.write(f"{SUGGESTIONS}/note.txt", b"not mine")
    add_suggestion(bench.stored, {"x": 1.25})
    records = bench.run(budget={"trials": 3})
    assert [r.suggested for r in records] == [False, True, False]
    assert len(bench.stored.documents(SUGGESTIONS)) == 5


def test_a_handwritten_suggestion_is_tried_in_the_spaces_own_values(bench: Bench) -> None:
    bench.run(space=TWO, budget={"trials": 1})
    bench.stored.write(document_of("mine"), b'{"params": {"x": 2, "steps": 3.0}}')
    records = bench.run(space=TWO, budget={"trials": 2})
    assert repr(dict(records[1].params)) == "{'x': 2.0, 'steps': 3}"


# ---- the use case and the command ----------------------------------------------------------------

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    """Run a command where a study `sample` with one finished trial of three is."""
    monkeypatch.chdir(tmp_path)
    for name in ("HPSEARCH_STUDIES", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    stored = FolderStudy(tmp_path / "studies" / "sample")
    experiment = make_experiment(space=SPACE, params=FIXED, budget={"trials": 3})
    stored.write("experiment.yaml", json.dumps(experiment.model_dump(mode="json")).encode())
    stored.write("study.json", json.dumps({"id": "x", "source": "/e.yaml"}).encode())
    study = OptunaStudy(stored, experiment)
    finish(study, asked(study), 1.0)
    study.close()

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as exit_:
            main(list(arguments))
        captured = capsys.readouterr()
        return int(exit_.value.code or 0), captured.out, captured.err

    return run


def test_python_code_suggests_with_any_kind_of_number(call: Call) -> None:
    view = usecases.look("studies", "sample")
    made = usecases.suggest(view, {"rate": np.float32(0.05), "units": np.int64(16)})
    assert made.params == {"rate": pytest.approx(0.05), "units": 16}
    assert waiting_suggestions(view.store) == [made]
    with pytest.raises(UserError) as refused:
        usecases.suggest(view, {"rate": np.ones(2), "unit": np.int64(1), "epochs": 4})
    assert [fault.code for fault in refused.value.faults] == ["unfit-suggestion"] * 3


def test_a_study_that_was_removed_takes_no_suggestion(call: Call) -> None:
    view = usecases.look("studies", "sample")
    view.store.remove()
    with pytest.raises(UserError, match="no-study"):
        usecases.suggest(view, {"rate": 0.05})
    assert not Path("studies/sample").exists()


def test_a_suggestion_is_made_on_the_command_line_and_is_shown(call: Call) -> None:
    code, out, err = call("suggest", "sample", "rate=3e-3", "beta=1", "kind=on")
    assert (code, out) == (0, "")
    assert "suggested to sample: rate 0.003" in err and "the sampler adds drop, units" in err
    assert "tried first when you run `hpsearch run` again" in err
    assert "1 to be tried next" in call("show", "sample")[1]
    (waiting,) = json.loads(call("show", "sample", "--json")[1])["suggestions_waiting"]
    assert waiting["params"] == {"rate": 0.003, "kind": "on", "beta": 1.0}
    study = OptunaStudy(FolderStudy(Path("studies/sample")), wide())
    assert asked(study).params["kind"] == "on"
    study.close()
    assert "trial 1" in call("show", "sample")[1] and "suggested" in call("show", "sample")[1]
    assert "1 of sample, suggested" in call("show", "sample", "--trial", "1")[1]
    shown = json.loads(call("show", "sample", "--json")[1])
    assert [one["suggested"] for one in shown["trials"]] == [False, True]
    assert shown["suggestions_waiting"] == []
    assert json.loads(call("show", "sample", "--trial", "1", "--json")[1])["suggested"] is True


def test_a_suggestion_made_while_a_driver_runs_says_so(call: Call) -> None:
    with FolderStudy(Path("studies/sample")).lease():
        code, out, _ = call("suggest", "sample", "units=8", "--json")
        assert code == 0 and json.loads(out)["running"] is True
        assert "as soon as" in call("suggest", "sample", "units=16")[2]
    assert json.loads(out)["params"] == {"units": 8}
    assert "units" not in json.loads(out)["left_to_the_sampler"]


def test_a_spent_budget_is_said(call: Call) -> None:
    stored = FolderStudy(Path("studies/sample"))
    study = OptunaStudy(stored, wide())
    for _ in range(2):
        finish(study, asked(study), 1.0)
    study.close()
    assert "all 3 trials have run. To try it, raise" in call("suggest", "sample", "units=8")[2]


@pytest.mark.parametrize(
    ("pairs", "codes"),
    [
        (["rat=1"], ["unfit-suggestion"]),
        (["rate=1", "units=9", "epochs=4", "rat=1"], ["unfit-suggestion"] * 4),
        (["rate"], ["bad-suggestion"]),
        (["=1", "rate", "rate=0.1", "rate=0.01"], ["bad-suggestion"] * 3),
        (["rate=9", "rate=0.1", "unit=8"], ["bad-suggestion", *["unfit-suggestion"] * 2]),
        (["rate=[1", "units=yes", "=3"], ["malformed-yaml", "ambiguous-value", "bad-suggestion"]),
        (["rate="], ["unfit-suggestion"]),
        (["kind=off"], ["ambiguous-value"]),
    ],
)
def test_everything_wrong_on_the_command_line_is_told_and_nothing_is_kept(
    call: Call, pairs: list[str], codes: list[str]
) -> None:
    code, out, err = call("suggest", "sample", *pairs)
    assert (code, out) == (2, "") and "{" not in err
    assert [line.split("]")[0][6:] for line in err.splitlines() if line[:6] == "error["] == codes
    assert waiting_suggestions(FolderStudy(Path("studies/sample"))) == []


@pytest.mark.parametrize(
    ("pair", "value"),
    [("kind=on", "on"), ("kind=1", "1"), ("kind=true", True), ("kind='adam'", "adam")],
)
def test_a_text_that_is_a_choice_needs_no_quotes(pair: str, value: object) -> None:
    assert repr(read_words([pair], wide().space)) == repr(({"kind": value}, []))


def test_a_name_that_is_no_study_is_answered_with_the_nearest(call: Call) -> None:
    code, _, err = call("suggest", "sampel", "rate=0.01")
    assert code == 2 and "did you mean `sample`" in err


def test_a_run_says_of_what_waits_and_does_not_fit_why(bench: Bench) -> None:
    for given in ({"x": 9.0, "y": 1}, {"x": 2.0}):
        add_suggestion(bench.stored, given)
    told: list[str] = []
    tell_unfit(bench.stored, make_experiment(), told.append)
    (said,) = told
    assert said.startswith("the suggestion x 9, y 1 cannot be tried: `y` is not searched")
    assert "`x` is 9.0: it must be float -5 to 5" in said


def test_a_plan_says_how_many_are_suggested(tmp_path: Path) -> None:
    file = write_trainables(tmp_path) / "e.yaml"
    file.write_text(json.dumps(make_experiment().model_dump(mode="json")))
    plan = usecases.validate(usecases.Source.read(file, ("suggestions=[{x: 1}, {x: 2.5}]",)))
    assert plan.budget.startswith("4 trials, the first 2 as suggested;")
    with pytest.raises(UserError, match=r"in `suggestions.0`, `x` is 7"):
        usecases.validate(usecases.Source.read(file, ("suggestions=[{x: 7}]",)))


def test_asha_tries_what_arrives_while_others_are_paused(bench: Bench) -> None:
    pruner = {"type": "asha", "min_resource": 2, "reduction_factor": 2}
    sections: dict[str, Any] = {"pruner": pruner, "params": {"steps": 9}}
    bench.run(budget={"trials": 3}, suggestions=[{"x": 0.5}], **sections)
    add_suggestion(bench.stored, {"x": 1.0})
    records = bench.run(budget={"trials": 6}, suggestions=[{"x": 0.5}], **sections)
    assert [r.suggested for r in records] == [True, False, False, True, False, False]
    assert records[3].params["x"] == 1.0 and records[3].state is TrialState.COMPLETE


def test_mlflow_has_a_tag(bench: Bench) -> None:
    first, second = bench.run(suggestions=[{"x": 1}], budget={"trials": 2})
    assert tags_of(first)["hpsearch.suggested"] == "true"
    assert "hpsearch.suggested" not in tags_of(second)
    assert first.state is TrialState.COMPLETE
