"""Imported trials: read from anywhere, held against the space, added once, marked."""

import json
import math
import sqlite3
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

import hpsearch
from hpsearch.cli.app import main
from hpsearch.cli.render.imported import imported_data, imported_text
from hpsearch.cli.render.tables import studies_table
from hpsearch.common.earlier import EarlierTrial
from hpsearch.common.errors import UserError
from hpsearch.common.goal import Direction
from hpsearch.common.trial import TrialState
from hpsearch.experiment import Experiment, fit_earlier
from hpsearch.store import StudyStore
from hpsearch.store.folder import FolderStore
from hpsearch.store.memory import MemoryStore
from hpsearch.strategies import OptunaStudy, made_imports, read_study, rerun, slots_of
from hpsearch.strategies import imports as writing
from hpsearch.strategies.compatibility import why_incompatible
from hpsearch.strategies.storage import TrialStorage
from hpsearch.tracking.values import tags_of
from hpsearch.usecases import ImportRequest, Source, import_trials, trial_data
from hpsearch.usecases.identity import read_identity
from hpsearch.usecases.summary import kept_summary
from hpsearch.usecases.view import look_at
from tests.support import make_experiment, write_trainables
from tests.unit.test_optuna_study import asked, finish

SPACE: dict[str, Any] = {
    "x": {"type": "float", "low": 0.0, "high": 1.0},
    "steps": {"type": "int", "low": 1, "high": 9, "when": {"kind": "long"}},
    "kind": {"type": "categorical", "choices": ["long", True, None, 3]},
}
MADE = make_experiment(space=SPACE, budget={"trials": 20})
SINGLE = make_experiment(space={"x": SPACE["x"]}, budget={"trials": 20})


@pytest.fixture
def store() -> StudyStore:
    return MemoryStore().study("sample")


@pytest.fixture(autouse=True)
def any_trainable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold imports against the space alone; whether the trainable takes it has its own tests."""
    module = sys.modules["hpsearch.usecases.trial_import.import_trials"]
    monkeypatch.setattr(module, "validate", lambda source: None)


def take(
    store: StudyStore, origin: Path | str, experiment: Experiment = MADE, **options: Any
) -> Any:
    dry_run = options.pop("dry_run", False)
    request = ImportRequest(str(origin), **options)
    return import_trials(Source.of(experiment), store, request, dry_run=dry_run)


def table(folder: Path, *rows: str, header: str = "x,steps,kind,value") -> Path:
    file = folder / "results.csv"
    file.write_text("\n".join([header, *rows]))
    return file


def optuna_study(
    storage: Any, name: str = "old", direction: Direction = "maximize"
) -> optuna.Study:
    study = optuna.create_study(storage=storage, study_name=name, direction=direction)

    def objective(trial: optuna.Trial) -> float:
        kind = trial.suggest_categorical("kind", ["long", True, "other"])
        if kind == "long":
            trial.suggest_int("steps", 1, 12)
        x = trial.suggest_float("x", 0, 1)
        for step in range(3):
            trial.report(x + step, step)
        if trial.number == 3:
            raise optuna.TrialPruned
        if trial.number == 4:
            raise ValueError
        return x + 2

    study.sampler = optuna.samplers.RandomSampler(seed=1)
    study.optimize(objective, n_trials=12, catch=(ValueError,))
    study.ask()
    return study


# ---- held against the space ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"x": 0.5, "kind": True}, None),
        ({"x": 1, "kind": "long", "steps": 3}, None),
        ({"x": 0.5, "kind": "long"}, "it has no `steps`"),
        ({"kind": True}, "it has no `x`"),
        ({"x": 0.5, "steps": 3}, "it has no `kind`"),
        ({"x": 1.5, "kind": True}, "`x` is 1.5: it must be float 0 to 1"),
        ({"x": 0.5, "kind": True, "steps": 3}, "`kind` is true: `steps` exists only if"),
        ({"x": 0.5, "kind": 1}, "`kind` is 1: it must be one of"),
        ({"x": 0.5, "kind": None, "y": 3}, "`y` is not searched"),
        ({"x": 0.5, "kind": None, "rate": 0.2}, "`rate` is not as in `params`"),
        ({"x": 0.5, "kind": None, "rate": 0.1}, None),
    ],
)
def test_a_trial_is_of_the_space_or_it_is_said_why_not(
    params: dict[str, Any], why: str | None
) -> None:
    experiment = make_experiment(space=SPACE, params={"rate": 0.1})
    own, said = fit_earlier(experiment, EarlierTrial("trial 0", params, (1.0,)))
    assert (said is None) is (why is None) and (why or "") in (said or "")
    assert why is not None or own == {n: v for n, v in params.items() if n != "rate"}


def test_without_a_space_the_fixed_values_decide() -> None:
    experiment = make_experiment(space={}, params={"rate": 0.1})
    assert fit_earlier(experiment, EarlierTrial("row 2", {"rate": 0.1}, (1.0,)))[1] is None
    assert fit_earlier(experiment, EarlierTrial("row 2", {"rate": 0.2}, (1.0,)))[1] is not None


# ---- a CSV ---------------------------------------------------------------------------------------


def test_rows_become_trials_that_are_marked_and_count(store: StudyStore, tmp_path: Path) -> None:
    file = table(
        tmp_path, "0.25,3,long,0.5", "0.75,,True,0.75", "0.5,,null,1", "1,,3,2", "", "2,,3,1"
    )
    found = take(store, file)
    assert (found.added, found.known, len(found.outside), found.left) == (4, 0, 1, 16)
    assert found.outside[0].startswith("row 6: `x` is 2")
    records = read_study(store, MADE)
    assert [one.params for one in records] == [
        {"x": 0.25, "kind": "long", "steps": 3},
        {"x": 0.75, "kind": True},
        {"x": 0.5, "kind": None},
        {"x": 1.0, "kind": 3},
    ]
    assert [one.values for one in records] == [(0.5,), (0.75,), (1.0,), (2.0,)]
    assert {one.state for one in records} == {TrialState.COMPLETE}
    assert records[0].imported == "results.csv, row 2" and records[0].last_step is None
    assert tags_of(records[0])["hpsearch.imported"] == "results.csv, row 2"
    assert trial_data(records[0], MADE.goals)["imported"] == "results.csv, row 2"
    study = OptunaStudy(store, MADE)
    assert asked(study).number == 4
    assert read_identity(store).id


def test_a_study_that_was_only_imported_into_was_not_interrupted(
    store: StudyStore, tmp_path: Path
) -> None:
    take(store, table(tmp_path, "0.5,1", header="x,value"), SINGLE)
    view = look_at(store)
    assert view.standing == "imported"
    summary = kept_summary(store)
    assert summary is not None and summary.standing == "imported"
    assert "imported" in "".join(map(str, studies_table([summary], 100)))
    study = OptunaStudy(store, SINGLE)
    finish(study, asked(study), 0.5)
    study.close()
    assert look_at(store).standing == "interrupted"


def test_a_budget_that_imports_spend_is_finished(store: StudyStore, tmp_path: Path) -> None:
    small = make_experiment(space={"x": SPACE["x"]}, budget={"trials": 1})
    take(store, table(tmp_path, "0.5,1", header="x,value"), small)
    assert look_at(store).standing == "finished"


def test_the_same_again_adds_nothing_and_more_adds_the_rest(
    store: StudyStore, tmp_path: Path
) -> None:
    take(store, table(tmp_path, "0.25,,True,0.5", "0.25,,True,0.5"))
    again = take(store, table(tmp_path, "0.5,,True,0.5", "0.25,,True,0.5", "0.25,,True,0.5"))
    assert (again.added, again.known) == (1, 2)
    assert take(store, table(tmp_path, "0.25,,True,0.5")).added == 0
    assert len(read_study(store, MADE)) == 3


def test_an_import_that_was_killed_is_completed_by_the_next(
    store: StudyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, begun = table(tmp_path, *(f"0.{n},,True,1" for n in range(5))), [0]
    write = TrialStorage.create_new_trial

    def killed(*arguments: Any) -> Any:
        begun[0] += 1
        if begun[0] == 3:
            raise KeyboardInterrupt
        return write(*arguments)

    monkeypatch.setattr(TrialStorage, "create_new_trial", killed)
    with pytest.raises(KeyboardInterrupt):
        take(store, file)
    assert len(read_study(store, MADE)) == 2
    assert take(store, file).added == 3
    assert sorted(float(one.params["x"] or 0) for one in read_study(store, MADE)) == [
        0.0, 0.1, 0.2, 0.3, 0.4,
    ]  # fmt: skip


def test_a_dry_run_says_the_same_and_writes_nothing(store: StudyStore, tmp_path: Path) -> None:
    file = table(tmp_path, "0.25,,True,0.5", "9,,True,0.5", "0.5,,True,nan")
    found = take(store, file, dry_run=True)
    assert (found.added, len(found.outside), dict(found.others)) == (1, 1, {"without a value": 1})
    assert not store.exists() and found.left == 19
    assert take(store, file).added == 1


def test_what_was_stopped_early_in_a_table_is_never_a_complete_trial(
    store: StudyStore, tmp_path: Path
) -> None:
    rows = [
        "0.1,True,0.5,complete,9",
        "0.2,True,0.9,PRUNED,3.0",  # as pandas writes a column with holes
        "0.3,True,0.8,pruned,",
        "0.4,True,0.7,FAIL,2",
        "0.5,True,,running,",
        "0.6,True,,infeasible,",
        "0.7,True,0.6,,1",
        "0.8,True,,complete,1",
    ]
    file = table(tmp_path, *rows, header="x,kind,value,state,step")
    found = take(store, file)
    assert (found.added, found.notices) == (4, [])
    assert dict(found.others) == {
        "stopped early, at a step that is not said": 1,
        "failed": 1,
        "not finished": 1,
        "without a value": 1,
    }
    records = read_study(store, MADE)
    assert [(one.params["x"], one.state) for one in records] == [
        (0.1, TrialState.COMPLETE),
        (0.2, TrialState.PRUNED),
        (0.6, TrialState.INFEASIBLE),
        (0.7, TrialState.COMPLETE),
    ]
    assert [(m.step, m.metrics["value"]) for m in records[1].measurements] == [(3, 0.9)]


@pytest.mark.parametrize("prefix", ["", "TrialState.", "trialstate."])
@pytest.mark.parametrize("state", [*TrialState, "interrupted", *optuna.trial.TrialState], ids=repr)
def test_a_state_is_read_as_hpsearch_and_optuna_write_it(
    store: StudyStore, tmp_path: Path, state: Any, prefix: str
) -> None:
    word = getattr(state, "name", state)
    file = table(tmp_path, "0.1,0.5,,", f"0.2,0.5,{prefix}{word},1", header="x,value,state,step")
    found = take(store, file, SINGLE)
    is_taken = word.lower() in ("complete", "pruned", "infeasible")
    assert found.added == 1 + is_taken
    assert [*found.others] in ([["failed"], ["not finished"]] if not is_taken else [[]])


UNKNOWN = ["error", "killed", "Crashed", "ERRORED", "TrialState.DEAD", "1", "CA", "-"]


def test_what_has_an_unknown_state_is_left_out_and_the_state_is_named(
    store: StudyStore, tmp_path: Path
) -> None:
    words = ["complete", "complet", "prunned", *UNKNOWN, "killed"]
    rows = [f"0.{number},0.5,{word}" for number, word in enumerate(words, start=10)]
    found = take(store, table(tmp_path, *rows, header="x,value,state"), SINGLE)
    assert found.added == 1 and found.others == {
        "of the unknown state 'complet' (did you mean `complete`?)": 1,
        "of the unknown state 'prunned' (did you mean `pruned`?)": 1,
        **{f"of the unknown state '{one}'": 1 + (one == "killed") for one in UNKNOWN},
    }
    assert "`--json` has all of them" in "".join(imported_text(found))


def test_what_is_left_out_is_json_with_the_reasons_as_names(
    store: StudyStore, tmp_path: Path
) -> None:
    file = table(tmp_path, "0.1,0.5,", "0.2,,", "0.3,,", "0.4,1,fail", header="x,value,state")
    data = json.loads(json.dumps(imported_data(take(store, file, SINGLE))))
    assert data["others"] == {"without a value": 2, "failed": 1}


def test_a_study_is_imported_from_its_own_table_with_the_states_of_its_trials(
    store: StudyStore, tmp_path: Path
) -> None:
    rows = ["0.1,True,0.5,complete,", "0.2,True,0.9,pruned,3", "0.3,True,,infeasible,"]
    file = table(tmp_path, *rows, header="x,kind,value,state,step")
    take(FolderStore(tmp_path).study("sample"), file)
    hpsearch.open_study("sample", studies=tmp_path).to_dataframe().to_csv(file, index=False)
    assert take(store, file).added == 3
    assert [str(one.state) for one in read_study(store, MADE)] == [
        "complete", "pruned", "infeasible",
    ]  # fmt: skip


def test_a_hyperparameter_may_be_named_as_a_column_of_states(
    store: StudyStore, tmp_path: Path
) -> None:
    states = {"type": "categorical", "choices": ["failed", "fine"]}
    made = make_experiment(space={"x": SPACE["x"], "state": states}, budget={"trials": 20})
    file = table(tmp_path, "0.1,failed,0.5", header="x,state,value")
    assert take(store, file, made).added == 1
    assert [one.state for one in read_study(store, made)] == [TrialState.COMPLETE]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_columns_are_mapped_whatever_separates_them(
    store: StudyStore, tmp_path: Path, separator: str
) -> None:
    header = separator.join(["lr", "kind", "acc", "note"])
    file = table(
        tmp_path, separator.join(["0.5", "true", "1e-3", "fine"]), header=f"\ufeff{header}"
    )
    found = take(store, file, names={"lr": "x", "acc": "value"})
    assert found.added == 1 and found.notices == ["unused columns: note"]
    (record,) = read_study(store, MADE)
    assert record.params == {"x": 0.5, "kind": True} and record.values == (0.001,)


def test_all_that_is_wrong_with_the_columns_is_said_at_once(
    store: StudyStore, tmp_path: Path
) -> None:
    file = table(tmp_path, "1,2,3,4", header="lr,a,a,acc")
    with pytest.raises(UserError) as caught:
        take(store, file, names={"nothing": "x", "acc": "valu", "a": "kind"})
    assert [one.code for one in caught.value.faults] == [
        "map-to-nowhere", "no-column", "no-column", "column-twice", "map-from-nowhere",
    ]  # fmt: skip
    assert not store.exists()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"x,kind,value\n", b"x,kind,value\n7,3,1\n"])
def test_a_file_without_a_usable_row_begins_nothing(
    store: StudyStore, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "results.csv").write_bytes(content)
    with pytest.raises(UserError, match=r"unreadable-results|nothing-to-import"):
        take(store, tmp_path / "results.csv")
    assert not store.exists()


def test_another_experiment_is_refused(store: StudyStore, tmp_path: Path) -> None:
    file = table(tmp_path, "0.25,,True,0.5")
    take(store, file)
    with pytest.raises(UserError, match="study-changed"):
        take(store, file, make_experiment(space={"x": SPACE["x"]}))


def test_nothing_is_imported_while_a_driver_is_at_work(store: StudyStore, tmp_path: Path) -> None:
    with store.lease(), pytest.raises(UserError):
        take(store, table(tmp_path, "0.25,,True,0.5"))


# ---- Optuna --------------------------------------------------------------------------------------


def journal(folder: Path) -> str:
    path = str(folder / "optuna.log")
    optuna_study(JournalStorage(JournalFileBackend(path)))
    return path


def database(folder: Path) -> str:
    optuna_study(f"sqlite:///{folder}/optuna.db")
    return str(folder / "optuna.db")


def url(folder: Path) -> str:
    return f"sqlite:///{database(folder)}"


@pytest.mark.parametrize(
    "make",
    [journal, *(pytest.param(one, marks=pytest.mark.slow) for one in (database, url))],
)
def test_an_optuna_study_is_read_with_its_curves_and_not_written(
    store: StudyStore, tmp_path: Path, make: Callable[[Path], str]
) -> None:
    origin = make(tmp_path)
    files = {file: file.read_bytes() for file in tmp_path.iterdir()}
    found = take(store, origin)
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == files
    records = read_study(store, MADE)
    assert found.added == len(records) > 3 and found.added + len(found.outside) == 11
    assert dict(found.others) == {"not finished": 1, "failed": 1}
    pruned = [one for one in records if one.state is TrialState.PRUNED]
    name = "old" if origin.startswith("sqlite:") else Path(origin).name
    assert [one.imported for one in pruned] == [f"{name}, trial 3"]
    complete = next(one for one in records if one.state is TrialState.COMPLETE)
    assert complete.best_step == 2 and len(complete.measurements) == 3
    assert take(store, origin).added == 0


def test_which_of_several_studies_must_be_said(store: StudyStore, tmp_path: Path) -> None:
    origin = journal(tmp_path)
    storage = JournalStorage(JournalFileBackend(origin))
    optuna_study(storage, "other", "minimize")
    with pytest.raises(UserError, match="has 2 studies"):
        take(store, origin)
    with pytest.raises(UserError, match="did you mean `old`"):
        take(store, origin, study_name="odl")
    with pytest.raises(UserError, match="set to minimize, the experiment to maximize"):
        take(store, origin, study_name="other")
    with pytest.raises(UserError, match="map-from-nowhere"):
        take(store, origin, study_name="old", names={"lr": "x"})
    assert not store.exists() and take(store, origin, study_name="old").added


def test_names_of_optuna_are_mapped_too(store: StudyStore, tmp_path: Path) -> None:
    space = {"rate": SPACE["x"], "kind": {"type": "categorical", "choices": [True, "other"]}}
    found = take(store, journal(tmp_path), make_experiment(space=space), names={"x": "rate"})
    assert found.added


def test_what_is_no_optuna_storage_is_refused_and_stays_as_it_is(
    store: StudyStore, tmp_path: Path
) -> None:
    (tmp_path / "text.log").write_text("no record\n")
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("create table mine (x)")
    other.close()
    before = (tmp_path / "other.db").read_bytes()
    for name, code in [("text.log", "no-storage"), ("other.db", "no-storage"), ("none.db", "read")]:
        for origin in (tmp_path / name, f"sqlite:///{tmp_path / name}"):
            with pytest.raises(UserError, match=code):
                take(store, origin)
    assert (tmp_path / "other.db").read_bytes() == before and not (tmp_path / "none.db").exists()


def test_a_database_that_does_not_answer_is_a_fault_without_its_password(store: StudyStore) -> None:
    with pytest.raises(UserError, match=r"unreadable-storage|no-driver") as caught:
        take(store, "postgresql://me:hidden-word@127.0.0.1:1/optuna")
    assert "hidden-word" not in str(caught.value)


# ---- nothing is written that the study could not be opened with ----------------------------------

INF, NAN, PRUNED = math.inf, math.nan, optuna.trial.TrialState.PRUNED
ONE: Any = {"x": optuna.distributions.FloatDistribution(0, 1)}


def odd_study(folder: Path, *trials: Mapping[str, Any]) -> str:
    """Write an Optuna study whose trials differ from a plain one as said, also if Optuna minds."""
    file = str(folder / "odd.log")
    storage = JournalStorage(JournalFileBackend(file))
    study = optuna.create_study(storage=storage, study_name="odd", direction="maximize")
    for number, odd in enumerate(trials):
        params = {"x": number / 10}
        made = optuna.trial.create_trial(params=params, distributions=ONE, value=0.5)
        for name, value in odd.items():
            setattr(made, name, value)
        storage.create_new_trial(study._study_id, made)
    return file


@pytest.mark.parametrize(
    "odd",
    [
        *({"_values": [one]} for one in (INF, -INF, NAN)),
        {"_values": None},
        {"_values": [1.0, 2.0]},
        *({"_values": [one], "system_attrs": {"constraints": [1.0]}} for one in (INF, NAN)),
        *({"intermediate_values": {0: one}} for one in (INF, -INF, NAN)),
        *({"state": PRUNED, "_values": one} for one in (None, [INF], [NAN], [1.0, 2.0])),
        {"state": PRUNED, "intermediate_values": {3: NAN}, "_values": [NAN]},
        {"user_attrs": {"lat": INF, "hpsearch": {"attempt": "none"}, "hpsearch:0": "no rows"}},
    ],
    ids=str,
)
@pytest.mark.parametrize("has_trials", [True, False])
def test_an_odd_trial_is_taken_or_left_out_and_the_study_can_be_read_and_run_on(
    store: StudyStore, tmp_path: Path, odd: Mapping[str, Any], has_trials: bool
) -> None:
    if has_trials:
        take(store, table(tmp_path, "0.5,1", header="x,value"), SINGLE)
    origin = odd_study(tmp_path, {}, odd)
    said = take(store, origin, SINGLE, dry_run=True)
    found = take(store, origin, SINGLE)
    assert replace(said, is_dry_run=False) == found
    assert found.added + len(found.outside) + sum(found.others.values()) == 2
    assert len(read_study(store, SINGLE)) == found.added + has_trials
    study = OptunaStudy(store, SINGLE)
    finish(study, asked(study), 0.5)
    study.close()
    assert take(store, origin, SINGLE).added == 0


def test_a_complete_trial_without_a_finite_value_is_left_out_and_counted(
    store: StudyStore, tmp_path: Path
) -> None:
    odd: list[dict[str, Any]] = [{"_values": [INF]}, {"_values": [-INF]}, {"_values": None}]
    with pytest.raises(UserError, match="3 without a value"):
        take(store, odd_study(tmp_path, *odd), SINGLE)
    assert not store.exists()
    (tmp_path / "odd.log").unlink()
    found = take(store, odd_study(tmp_path, {}, *odd), SINGLE)
    assert (found.added, found.others) == (1, {"without a value": 3})


def test_an_infeasible_trial_needs_no_value(store: StudyStore, tmp_path: Path) -> None:
    odd = {"_values": [INF], "system_attrs": {"constraints": [1.0]}}
    assert take(store, odd_study(tmp_path, odd), SINGLE).added == 1
    assert [one.state for one in read_study(store, SINGLE)] == [TrialState.INFEASIBLE]


def test_what_the_study_could_not_have_is_not_made() -> None:
    odd = [
        EarlierTrial("row 2", {}, (0.5,), finished=datetime.min),  # not even a time in UTC
        EarlierTrial("row 3", {}, (INF,)),
        EarlierTrial("row 4", {}, (NAN,)),
        EarlierTrial("row 5", {}, (0.5, 0.5)),
    ]
    trials = [*((one, {"x": 0.5}) for one in odd), (EarlierTrial("row 6", {}, (0.5,)), {})]
    made, refused = made_imports(SINGLE, trials, "results.csv")
    assert not made and [one[:6] for one in refused] == [f"row {n}:" for n in range(2, 7)]
    assert refused[1] == "row 3: it is complete with the values [inf]"
    assert refused[4] == "row 6: it has only [] of the space"


def test_what_reading_refuses_is_named_and_not_written(
    store: StudyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin = odd_study(tmp_path, {}, {}, {})

    def of_no_use(frozen: Any, experiment: Experiment) -> str | None:
        return "it is odd" if frozen.params["x"] == 0.1 else why_incompatible(frozen, experiment)

    monkeypatch.setattr("hpsearch.strategies.trials.why_incompatible", of_no_use)
    for dry_run in (True, False):
        found = take(store, origin, SINGLE, dry_run=dry_run)
        assert (found.added, found.outside) == (2, ["trial 1: it is odd"])
    assert len(read_study(store, SINGLE)) == 2


# ---- what becomes of them ------------------------------------------------------------------------


def test_the_sampler_learns_from_them(store: StudyStore, tmp_path: Path) -> None:
    space = {"x": SPACE["x"]}
    experiment = make_experiment(space=space, sampler={"type": "tpe"}, budget={"trials": 90})
    rows = [f"{n / 50},{-abs(n / 50 - 0.7)}" for n in range(50)]
    take(store, table(tmp_path, *rows, header="x,value"), experiment)
    study, found = OptunaStudy(store, experiment), []
    for _ in range(8):
        proposal = asked(study)
        found.append(float(proposal.params["x"] or 0))
        finish(study, proposal, -abs(found[-1] - 0.7))
    assert sum(0.5 < x < 0.9 for x in found) >= 6


@pytest.mark.slow
def test_a_study_begins_with_an_import_from_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    write_trainables(tmp_path)
    file = tmp_path / "new.yaml"
    file.write_text(
        "name: new\ntrainable: samples.py:quadratic\n"
        "objective: {metric: value, direction: maximize}\nbudget: {trials: 4}\n"
        "space: {x: {type: float, low: -5.0, high: 5.0}}\n"
        f"tracking: {{uri: 'sqlite:///{tmp_path}/m.db'}}\n"
    )
    results = table(tmp_path, "1,9", "2,8", header="x,value")
    options = ["--studies", str(tmp_path / "studies")]
    for words in (
        ["import", str(file), str(results), "--json"],
        ["run", str(file), "--local"],
        ["import", "new", str(results)],
        ["show", "new", "--json"],
    ):
        with pytest.raises(SystemExit) as ended:
            main([*words, *options])
        assert ended.value.code == 0
    output = capsys.readouterr().out
    shown = json.loads(output[output.index('{\n  "name"') if '{\n  "name"' in output else 0 :])
    assert [bool(one["imported"]) for one in shown["trials"]] == [True, True, False, False]
    study = hpsearch.open_study("new", FolderStore(tmp_path / "studies"))
    with pytest.raises(UserError, match="imported-trial"):
        study.export()


# ---- constraints ---------------------------------------------------------------------------------

BOUNDED = make_experiment(
    space={"x": SPACE["x"]}, constraints={"lat": {"at_most": 2}}, budget={"trials": 5}
)


def test_a_row_that_violates_a_constraint_is_infeasible_and_one_without_its_metric_is_left_out(
    store: StudyStore, tmp_path: Path
) -> None:
    file = table(tmp_path, "0.1,9,3", "0.2,1,1", "0.3,8,", "0.4,7,nan", header="x,value,ms")
    with pytest.raises(UserError, match="no column for `lat`"):
        take(store, file, BOUNDED)
    found = take(store, file, BOUNDED, names={"ms": "lat"})
    assert found.outside == ["row 4: it has no `lat`", "row 5: it has no `lat`"]
    worse, good = read_study(store, BOUNDED)
    assert worse.state is TrialState.INFEASIBLE and worse.reason == "lat is 3, not at most 2"
    assert good.state is TrialState.COMPLETE and good.measurements[-1].metrics["lat"] == 1
    seen = OptunaStudy(store, BOUNDED)._session.storage.trials()
    assert [[*one.constraints.values()] for one in seen] == [[0.5], [-0.5]]


def test_an_optuna_trial_is_judged_by_its_user_attribute_and_by_its_own_constraints(
    store: StudyStore, tmp_path: Path
) -> None:
    file = str(tmp_path / "optuna.log")
    study = optuna.create_study(
        storage=JournalStorage(JournalFileBackend(file)), direction="maximize"
    )
    range_: Any = {"x": optuna.distributions.FloatDistribution(0, 1)}
    for x, user, own in [(0.1, 3, None), (0.2, 1, None), (0.3, None, None), (0.4, None, 1.0)]:
        made = optuna.trial.create_trial(params={"x": x}, distributions=range_, value=1.0)
        made.user_attrs = {} if user is None else {"latency": user}
        made.system_attrs = {} if own is None else {"constraints": [own]}
        study.add_trial(made)
    found = take(store, file, BOUNDED, names={"latency": "lat"})
    assert found.outside == ["trial 2: it has no `lat`"]
    states = [one.state for one in read_study(store, BOUNDED)]
    assert states == [TrialState.INFEASIBLE, TrialState.COMPLETE, TrialState.INFEASIBLE]


def test_a_trial_that_was_stopped_says_so(store: StudyStore, tmp_path: Path) -> None:
    take(store, journal(tmp_path))
    reasons = {one.reason for one in read_study(store, MADE) if one.state is TrialState.PRUNED}
    assert reasons == {writing.STOPPED}


def test_imported_trials_are_replayed_as_given(store: StudyStore, tmp_path: Path) -> None:
    take(store, table(tmp_path, "0.1,9,3", "0.2,1,1", header="x,value,lat"), BOUNDED)
    take(store, table(tmp_path, "0.9,9,1", header="x,value,lat"), BOUNDED)
    study = OptunaStudy(store, BOUNDED)
    for _ in range(2):
        finish(study, asked(study), 0.5)
    study.close()
    found = rerun(store, BOUNDED)
    assert (found.given, found.proposals, found.differences) == (3, 2, [])
    assert slots_of(store, BOUNDED) == 1


# ---- what cannot be read -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "header", "code"),
    [
        (["0.5,1", "0,5,1"], "x,value", "row-too-long"),
        (["0,5;1"], "x;value", "decimal-comma"),
        (["1;0,5"], "x;value", "decimal-comma"),
    ],
)
def test_cells_that_may_be_of_another_column_are_refused(
    store: StudyStore, tmp_path: Path, rows: list[str], header: str, code: str
) -> None:
    experiment = make_experiment(space={"x": SPACE["x"]})
    with pytest.raises(UserError, match=code):
        take(store, table(tmp_path, *rows, header=header), experiment)
    assert not store.exists()


@pytest.mark.parametrize(
    "cell", ["1_0", "1_0.5", "٣", "３", "0x1", "1 0", "0b1", "1e1_0", "1.e", ".", "--1"]
)
def test_a_number_is_written_in_plain_decimal_digits(
    store: StudyStore, tmp_path: Path, cell: str
) -> None:
    sizes = {"type": "categorical", "choices": [1, 2, 3, 10]}
    wide: dict[str, Any] = {"low": 0, "high": 99}
    for one in (wide | {"type": "float"}, wide | {"type": "int"}, sizes):
        made = make_experiment(space={"x": one}, params={"fixed": 10})
        rows = ["1,0.5,10", f"{cell},0.5,10", f"2,{cell},10", f"3,0.5,{cell}"]
        file = table(tmp_path, *rows, header="x,value,fixed")
        found = take(store, file, made, dry_run=True)
        assert (found.added, found.others) == (1, {"without a value": 1})
        assert [why[:7] for why in found.outside] == ["row 3: ", "row 5: "]


@pytest.mark.parametrize("cell", ["10", "+10", "10.0", "10.", "1e1", "1E+1", "010"])
def test_a_decimal_number_may_be_written_in_any_way(tmp_path: Path, cell: str) -> None:
    wide: dict[str, Any] = {"low": 0, "high": 99}
    for number, kind in enumerate(("float", "int")):
        made = make_experiment(name=f"of{number}", space={"x": wide | {"type": kind}})
        one = MemoryStore().study(f"of{number}")
        take(one, table(tmp_path, f"{cell},{cell}", header="x,value"), made)
        assert [(t.params["x"], t.values) for t in read_study(one, made)] == [(10, (10.0,))]


def test_a_file_that_is_not_there_is_said_without_the_systems_number(
    store: StudyStore, tmp_path: Path
) -> None:
    for name in ("none.csv", "none.db"):
        with pytest.raises(UserError, match="no such file") as caught:
            take(store, tmp_path / name)
        assert "Errno" not in str(caught.value)


def test_an_option_that_says_nothing_about_a_table_is_refused(
    store: StudyStore, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="study-name-of-a-table"):
        take(store, table(tmp_path, "0.25,,True,0.5"), study_name="old")


@pytest.mark.parametrize("module", ["psycopg", "asyncpg"])
def test_the_module_that_a_database_needs_is_named(
    store: StudyStore, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    def open_without(source: str) -> None:
        raise ModuleNotFoundError(name=module)

    monkeypatch.setattr(sys.modules["hpsearch.strategies.optuna_source"], "_open", open_without)
    with pytest.raises(UserError, match=f"needs the Python module `{module}`") as caught:
        take(store, "postgresql://me@127.0.0.1:1/optuna")
    assert f"pip install '{module}[binary]'" in str(caught.value) or module == "asyncpg"


def test_nothing_is_left_of_a_budget_that_imports_exceed(store: StudyStore, tmp_path: Path) -> None:
    rows = [f"0.{n},,True,1" for n in range(4)]
    small = make_experiment(space=SPACE, budget={"trials": 2})
    assert take(store, table(tmp_path, *rows), small).left == 0


def test_a_row_that_violates_a_parameter_constraint_is_no_suggestion(
    store: StudyStore, tmp_path: Path
) -> None:
    experiment = make_experiment(space={"x": SPACE["x"]}, parameter_constraints=["x < 0.5"])
    found = take(store, table(tmp_path, "0.1,1", "0.9,1", header="x,value"), experiment)
    assert found.outside == ["row 3: it violates `parameter_constraints`: it has to keep `x < 0.5`"]
