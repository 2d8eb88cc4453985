"""The command line: what goes where, with which exit code, and what it looks like."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from hpsearch import usecases as compose
from hpsearch.analysis.evaluation import Outcome, outcome_data
from hpsearch.cli import faults
from hpsearch.cli.app import VERBS, main
from hpsearch.cli.options import complete_study
from hpsearch.cli.render.error import fault_text
from hpsearch.common.errors import Fault, SearchFailed, UserError
from hpsearch.common.trial import Measurement, Place, TrialRecord, TrialState
from hpsearch.display.curve import curve_chart
from hpsearch.engine.faults import too_many_failures
from hpsearch.experiment import dump_yaml, read_experiment
from hpsearch.store.folder import FolderStudy
from hpsearch.usecases import Result, Source, StudySummary, StudyView
from hpsearch.usecases.identity import Identity
from tests.processes import is_alive, wait_until_dead
from tests.support import make_experiment

jsonschema: Any = import_module("jsonschema")  # it has no types of its own

HEAVY = ("torch", "ray", "mlflow")
BEGUN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
EXPERIMENT = make_experiment(budget={"trials": 10})
STORED = FolderStudy(Path("studies/sample"))


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test in an empty folder, without the surroundings of whoever runs it."""
    monkeypatch.chdir(tmp_path)
    for name in ("HPSEARCH_STUDIES", "HPSEARCH_DEBUG", "COLUMNS", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command; return its exit code, stdout and stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as exit_:
            main(list(arguments))
        captured = capsys.readouterr()
        return int(exit_.value.code or 0), captured.out, captured.err

    return run


Call = Callable[..., tuple[int, str, str]]


def record(number: int, state: TrialState = TrialState.COMPLETE, **fields: Any) -> TrialRecord:
    curve = [Measurement(step, {"value": step / 10, "loss": 1.0}, step / 2) for step in range(1, 4)]
    begun = TrialRecord(number, number, {"x": number / 3}, TrialState.RUNNING, BEGUN)
    if state is TrialState.RUNNING:
        return replace(begun, measurements=tuple(curve))
    has_value = state is not TrialState.FAILED
    given: dict[str, Any] = {
        "measurements": tuple(curve),
        "values": (number / 10,) if has_value else (),
        "best_step": 3 if has_value else None,
        "finished": BEGUN,
        "place": Place("here", 1, "cpu", "3f2a9c1b70de"),
        "search_seconds": 12.5,
        **fields,
    }
    return begun.changed(state, **given)


RECORDS = (
    record(0),
    record(1, TrialState.PRUNED, reason="value 0.1 below median 0.2 at step 3"),
    record(2, TrialState.PRUNED, reason="value 0.3 below median 0.9 at step 2"),
    record(3, TrialState.FAILED, reason="ValueError: no [bold]luck[/]", traceback="Traceback: …\n"),
    record(4),
    record(5, TrialState.RUNNING),
)


def view(records: Sequence[TrialRecord] = RECORDS, *, running: bool = False) -> StudyView:
    best = max((r for r in records if r.state is TrialState.COMPLETE), default=None, key=value)
    return StudyView(STORED, EXPERIMENT, Identity("1", "/e.yaml"), records, best, running)


def value(one: TrialRecord) -> float:
    return one.values[0]


def result(**fields: Any) -> Result:
    seen = view()
    given: dict[str, Any] = {
        "store": STORED,
        "experiment": EXPERIMENT,
        "records": seen.records,
        "best": seen.best,
        "ended": "all 10 trials have run",
        "interrupted": False,
        "seconds": 125.0,
        "tracking": "sqlite:///mlflow.db",
        "model": "sample version 3",
        "unrecorded": (),
        **fields,
    }
    return Result(**given)


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Put a search in place of the real one; return what it was called with."""

    def put(outcome: Result | BaseException) -> dict[str, Any]:
        seen: dict[str, Any] = {}

        def read(path: Path, overrides: Sequence[str]) -> Source:
            seen.update(path=path, overrides=tuple(overrides))
            return Source.of(EXPERIMENT, path)

        def run(source: Source, display: Any, **options: Any) -> Result:
            seen.update(options)
            display.phase("searching")
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome

        monkeypatch.setattr(Source, "read", read)
        monkeypatch.setattr(compose, "run", run)
        return seen

    return put


Put = Callable[[Result | BaseException], dict[str, Any]]


@pytest.fixture
def studied(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a study in place of those on disk."""
    monkeypatch.setattr(compose, "look", lambda studies, name: view())
    listed = [StudySummary.of(view(running=True))]
    monkeypatch.setattr(compose, "summaries", lambda studies: listed)


# ---- help ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_every_help_has_examples_and_fits_eighty_columns(verb: str, call: Call) -> None:
    code, out, _ = call(*verb.split(), "--help")
    assert code == 0
    assert "Examples:\n" in out and "$ hpsearch" in out
    assert max(len(line) for line in out.splitlines()) <= 80
    assert "..." not in out.partition("Commands:")[2], "a verb's summary is cut off"


def test_without_arguments_there_is_help(call: Call) -> None:
    _, out, err = call()
    assert "Commands:" in out + err


def test_the_version_is_said(call: Call) -> None:
    assert call("--version") == (0, "hpsearch 0.2.0\n", "")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["init", "x"],
        ["validate", "x/experiment.yaml"],
        ["schema"],
        ["ls"],
        ["ui", "--tracking-uri", "http://there"],
    ],
)
def test_what_starts_nothing_loads_nothing_heavy(arguments: list[str], call: Call) -> None:
    call("init", "x", "--force")
    script = (
        "import sys\nfrom hpsearch.cli.app import main\n"
        f"try:\n    main({[*arguments, *(['--force'] if arguments[0] == 'init' else [])]!r})\n"
        "except SystemExit as exit: assert not exit.code, exit.code\n"
        f"loaded = sorted(set({HEAVY!r}) & set(sys.modules))\nassert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, timeout=300)


# ---- errors --------------------------------------------------------------------------------------


def test_an_error_looks_as_the_style_says(call: Call) -> None:
    code, out, err = call("validate", "nothing.yaml")
    assert (code, out) == (2, "")
    assert err == (
        "error[no-experiment]: there is no experiment file 'nothing.yaml'.\n"
        "  why:  no file has this path.\n"
        "  fix:  `hpsearch init` writes one to start from.\n"
    )


def test_all_faults_are_shown(searched: Put, call: Call) -> None:
    searched(UserError(faults.port_taken(1), faults.port_taken(2)))
    code, _, err = call("run", "e.yaml")
    assert code == 2 and err.count("error[port-taken]") == 2


def test_a_failed_search_ends_with_one(searched: Put, call: Call) -> None:
    searched(SearchFailed(too_many_failures(10, "[red]reason")))
    code, _, err = call("run", "e.yaml", "--quiet")
    assert code == 1 and "the last one: [red]reason" in err


def test_a_bug_is_called_one_and_shows_no_traceback(searched: Put, call: Call) -> None:
    searched(ZeroDivisionError("division by zero"))
    code, _, err = call("run", "e.yaml")
    assert code == 1
    assert "error[bug]: ZeroDivisionError: division by zero" in err
    assert "Traceback" not in err and "--debug" in err


@pytest.mark.parametrize("arguments", [["--debug", "run", "e.yaml"], ["run", "e.yaml", "--debug"]])
def test_debug_shows_the_traceback_before_or_after_the_verb(
    arguments: list[str], searched: Put, call: Call
) -> None:
    searched(ZeroDivisionError("division by zero"))
    code, _, err = call(*arguments)
    assert code == 1 and "Traceback" in err


def test_debug_is_an_environment_variable_too(
    searched: Put, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched(UserError(faults.port_taken(1)))
    monkeypatch.setenv("HPSEARCH_DEBUG", "1")
    code, _, err = call("run", "e.yaml")
    assert code == 2 and "Traceback" in err and "error[port-taken]" in err


def test_a_mistyped_verb_is_guessed(call: Call) -> None:
    code, _, err = call("valdate")
    assert code == 2 and "Did you mean 'validate'" in err


def test_an_error_wraps_under_its_label() -> None:
    fault = Fault("code", "what " * 30, "why " * 30 + "\n  indented", "fix " * 30)
    lines = fault_text(fault, 60).plain.splitlines()
    assert max(map(len, lines)) <= 60
    labels = ("error[code]: ", "  why:  ", "  fix:  ", " " * 8)
    assert all(line.startswith(labels) for line in lines)
    assert " " * 10 + "indented" in lines


def test_an_error_in_a_pipe_is_not_wrapped() -> None:
    fault = Fault("code", "what " * 60, "why " * 60, "fix")
    assert len(fault_text(fault, None).plain.splitlines()) == 3


# ---- run -----------------------------------------------------------------------------------------


def test_run_hands_its_options_on(searched: Put, call: Call) -> None:
    seen = searched(result())
    code, _, _ = call(
        *[
            "run",
            "e.yaml",
            "--set",
            "seed=1",
            "--set",
            "budget.trials=2",
            "--local",
            "--fresh",
            "--no-register",
        ],
        *["--verbose", "--studies", "elsewhere"],
    )
    assert code == 0
    assert seen.pop("store").store_address == "elsewhere" and seen.pop("listeners") == ()
    assert not seen.pop("interrupts").is_asked
    assert seen == {
        "path": Path("e.yaml"),
        "overrides": ("seed=1", "budget.trials=2"),
        "local": True,
        "fresh": True,
        "register": False,
        "verbose": True,
    }


def test_the_end_says_what_came_of_it_and_how_to_go_on(searched: Put, call: Call) -> None:
    searched(result())
    code, out, err = call("run", "e.yaml", "--studies", "my studies")
    assert (code, out) == (0, "")
    for needed in (
        "sample is done after 2 min 5 s: all 10 trials have run.",
        "value 0.400000  trial 4 at step 3",
        "x 1.33",
        "2 complete, 2 pruned, 1 failed, 1 can be resumed, 4 not begun",
        "sample version 3 in MLflow's registry",
        "sqlite:///mlflow.db",
        "studies/sample",
        "hpsearch show sample --studies 'my studies'",
        "hpsearch export sample",
    ):
        assert needed in err


def test_an_interrupted_search_ends_with_130_and_says_how_to_go_on(
    searched: Put, call: Call
) -> None:
    searched(result(interrupted=True, ended="interrupted", model=None))
    code, _, err = call("run", "e.yaml", "--set", "seed=1")
    assert code == 130
    assert "everything is saved" in err and "hpsearch run e.yaml --set seed=1 " in err


def test_a_second_interrupt_ends_with_130_too(searched: Put, call: Call) -> None:
    searched(KeyboardInterrupt())
    code, _, err = call("run", "e.yaml")
    assert code == 130 and "hpsearch run e.yaml" in err


def test_a_search_without_a_complete_trial_has_failed(searched: Put, call: Call) -> None:
    searched(result(best=None, model=None))
    code, _, err = call("run", "e.yaml", "--quiet")
    assert code == 1 and "no complete trial" in err


def test_what_mlflow_missed_is_said(searched: Put, call: Call) -> None:
    searched(result(unrecorded=tuple(range(12))))
    _, _, err = call("run", "e.yaml")
    assert "MLflow did not take 12 trials (0, 1, 2, 3, 4, 5, 6, 7 and 4 more)" in err


def test_quiet_says_nothing_where_all_is_well(searched: Put, call: Call) -> None:
    searched(result(unrecorded=(1,)))
    assert call("run", "e.yaml", "--quiet") == (0, "", "")


def test_run_prints_its_result_as_json(searched: Put, call: Call) -> None:
    searched(result())
    code, out, err = call("run", "e.yaml", "--json")
    data = json.loads(out)
    assert code == 0 and "sample is done" in err
    assert data["best"]["number"] == 4 and data["best"]["params"] == {"x": pytest.approx(4 / 3)}
    assert data["counts"] == {
        "complete": 2,
        "pruned": 2,
        "failed": 1,
        "infeasible": 0,
        "unfinished": 1,
    }
    assert sorted(data) == [
        *("best", "counts", "ended", "folder", "interrupted", "name", "not_in_mlflow", "objective"),
        *("registered_model", "seconds", "tracking_uri"),
    ]


# ---- ls and show ---------------------------------------------------------------------------------


def test_show_lists_trials_reasons_and_the_best(studied: None, call: Call) -> None:
    code, out, err = call("show", "sample")
    assert (code, err) == (0, "")
    for needed in (
        "trial  state         value  at step   time      x  reason",
        "ValueError: no [bold]luck[/]",
        "2  pruned      value … below median … at step … (trials 1, 2)",
        "sample: interrupted",
        "2 complete, 2 pruned, 1 failed, 1 can be resumed",
        "value 0.400000  trial 4 at step 3",
    ):
        assert needed in out


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("arguments", [["show", "sample"], ["show", "sample", "--trial", "3"]])
def test_tables_fit_the_width(
    width: int, arguments: list[str], studied: None, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    _, out, _ = call(*arguments)
    assert max(len(line) for line in out.splitlines()) <= width


def test_one_trial_is_shown_with_its_curve_and_traceback(studied: None, call: Call) -> None:
    _, out, _ = call("show", "sample", "--trial", "3")
    for needed in (
        "3 of sample",
        "no [bold]luck[/]",
        "cpu on here",
        "3f2a9c1b70de",
        "Traceback: …",
        "0.3000",
    ):
        assert needed in out


def chart(values: Sequence[float], width: int = 40) -> list[str]:
    points = tuple(Measurement(10 * i, {"value": v}, 1.0) for i, v in enumerate(values, 1))
    shown = record(0, TrialState.PRUNED, measurements=points, reason="too \x1b[31mlow")
    return [line.plain for line in curve_chart(shown, EXPERIMENT.goals[0], width)]


def test_a_curve_rises_from_one_corner_to_the_other_and_says_why_it_ended() -> None:
    title, *rows, scale, end = chart([1.0, 2.0])
    assert title.split() == ["value"] and len(rows) == 8
    assert rows[0].split()[0] == "2" and rows[-1].split()[0] == "1"
    assert rows[0][-1] != " " and rows[-1].split("┤")[1][0] != chr(0x2800)
    assert scale.split() == ["10", "step", "20"]
    assert end.split() == ["pruned", "at", "step", "20", "with", "2.000:", "too", "low"]


@pytest.mark.parametrize("values", [[1.0, float("nan"), 3.0], [2.0, 2.0], [1e-9, -1e9, 5.0]])
@pytest.mark.parametrize("width", [40, 80, 200])
def test_any_curve_fits_any_width(values: list[float], width: int) -> None:
    lines = chart(values, width)
    assert len(lines) == 11 and max(map(len, lines)) <= width


def test_one_measurement_is_no_curve() -> None:
    assert chart([1.0]) == [] and chart([1.0, float("nan")]) == [] and chart([1.0, 2.0], 12) == []


def test_the_experiment_is_shown_as_a_file_that_is_read_again(
    studied: None, call: Call, tmp_path: Path
) -> None:
    STORED.write("experiment.yaml", dump_yaml(EXPERIMENT.shown()).encode())
    code, out, _ = call("show", "sample", "--experiment")
    (tmp_path / "again.yaml").write_text(out)
    assert code == 0 and read_experiment(tmp_path / "again.yaml").shown() == EXPERIMENT.shown()
    code, _, err = call("show", "sample", "--experiment", "--trial", "3")
    assert code == 2 and "stands alone" in err


def test_a_trial_that_is_not_there_is_refused(studied: None, call: Call) -> None:
    code, _, err = call("show", "sample", "--trial", "6")
    assert code == 2 and "error[no-such-trial]" in err


def test_a_study_that_is_not_there_is_refused(call: Call) -> None:
    code, _, err = call("show", "sample")
    assert code == 2 and "error[no-study]" in err


def test_show_prints_json(studied: None, call: Call) -> None:
    data = json.loads(call("show", "sample", "--json")[1])
    assert data["standing"] == "interrupted" and data["budget_trials"] == 10
    assert [trial["state"] for trial in data["trials"]][:2] == ["complete", "pruned"]
    assert data["trials"][0]["started"] == "2026-01-02T03:04:05+00:00"
    assert data["reasons"][0]["trials"] == [1, 2]
    one = json.loads(call("show", "sample", "--trial", "3", "--json")[1])
    assert one["code"] == "3f2a9c1b70de"
    assert one["traceback"] and one["measurements"][0]["metrics"] == {"value": 0.1, "loss": 1.0}


def test_what_is_not_a_number_is_null_in_json(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = (Measurement(1, {"value": float("nan"), "loss": float("inf")}, 0.5),)
    nan = record(0, TrialState.FAILED, measurements=bad)
    monkeypatch.setattr(compose, "look", lambda studies, name: view((nan,)))
    data = json.loads(call("show", "sample", "--trial", "0", "--json")[1])
    assert data["measurements"][0]["metrics"] == {"value": None, "loss": None}


def test_ls_says_how_far_each_study_is(studied: None, call: Call) -> None:
    code, out, _ = call("ls")
    assert code == 0
    assert out.splitlines()[1].split()[:5] == ["sample", "running", "5/10", "value", "0.4000"]
    data = json.loads(call("ls", "--json")[1])
    assert data[0]["name"] == "sample" and data[0]["standing"] == "running"


def test_ls_of_an_empty_folder_is_no_error(call: Call) -> None:
    code, out, err = call("ls")
    assert (code, out) == (0, "") and "hpsearch init" in err
    assert json.loads(call("ls", "--json")[1]) == []


def test_the_shell_completes_names_of_studies(tmp_path: Path) -> None:
    for name in ("alpha", "beta"):
        (tmp_path / "studies" / name).mkdir(parents=True)
        (tmp_path / "studies" / name / "journal.log").touch()

    class Context:
        params: dict[str, Any] = {}  # noqa: RUF012

    assert complete_study(Context(), "al") == ["alpha"]  # type: ignore[arg-type]


# ---- where studies are ---------------------------------------------------------------------------

WITHOUT_STUDIES = {"init", "schema"}

ARGUMENTS = {
    "validate": ["experiment.yaml"],
    "plan": ["experiment.yaml"],
    "run": ["experiment.yaml", "--local", "--no-register"],
    "suggest": ["sample", "x=1"],
    "slots": ["sample", "2"],
    "import": ["sample", "results.csv"],
    "amend": ["sample", "experiment.yaml"],
    "ls": [],
    "predict": ["sample", "picture.png"],
    "ui": [],
    **{verb: ["sample"] for verb in ("show", "logs", "report", "confirm", "export")},
    **{verb: ["sample"] for verb in ("evaluate", "replay", "rm")},
}


def test_every_command_but_these_takes_the_address_of_a_store(call: Call) -> None:
    takes = {verb for verb in VERBS if "--studies" in call(verb, "--help")[1]}
    assert takes == {*VERBS} - WITHOUT_STUDIES == {*ARGUMENTS}


@pytest.mark.parametrize("address", ["ftp://bucket/studies", "nothing://x", "file:///tmp/x"])
@pytest.mark.parametrize("verb", ARGUMENTS)
def test_an_unknown_kind_of_store_is_one_fault_in_every_command(
    verb: str, address: str, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, err = call(verb, *ARGUMENTS[verb], "--studies", address)
    assert (code, out) == (2, "")
    assert err.startswith(f"error[unknown-store]: studies cannot be kept at '{address}'.\n")
    assert err.count("error[") == 1 and not list(Path().iterdir())
    monkeypatch.setenv("HPSEARCH_STUDIES", address)
    assert call(verb, *ARGUMENTS[verb]) == (code, out, err)


@pytest.mark.parametrize(
    "verb", sorted({*ARGUMENTS} - {"validate", "plan", "run", "amend", "ls", "predict", "ui"})
)
def test_every_command_looks_for_its_study_in_the_store_of_the_address(
    verb: str, call: Call
) -> None:
    code, _, err = call(verb, *ARGUMENTS[verb], "--studies", "memory://")
    assert code == 2 and "there is no study `sample` in 'memory://'" in err
    assert not list(Path().iterdir())


def test_amend_looks_for_its_study_in_the_store_of_the_address(call: Call) -> None:
    call("init")
    code, _, err = call("amend", "sample", "experiment.yaml", "--studies", "memory://")
    assert code == 2 and "there is no study `sample` in 'memory://'" in err


def test_ls_and_run_take_a_store_in_memory(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    assert json.loads(call("ls", "--studies", "memory://", "--json")[1]) == []
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{Path.cwd()}/mlflow.db")
    call("init")
    few = ["--set", "budget.trials=1", "--set", "params.epochs=1"]
    assert call("validate", "experiment.yaml", *few, "--studies", "memory://")[0] == 0
    run = ["run", "experiment.yaml", "--local", "--no-register", *few]
    assert call(*run, "--studies", "memory://")[0] == 0
    assert not Path("studies").exists()


def test_what_needs_a_folder_says_so_if_the_store_has_none(call: Call) -> None:
    code, _, err = call("ui", "sample", "--optuna", "--studies", "memory://")
    assert code == 2 and "error[no-folder]" in err and "'memory://'" in err


def test_validate_says_what_run_would_do_with_a_study_that_exists(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{Path.cwd()}/mlflow.db")
    call("init")
    few = ["--set", "budget.trials=1", "--set", "params.epochs=1"]
    assert "exists" not in call("validate", "experiment.yaml", *few)[2]
    assert call("run", "experiment.yaml", "--local", "--no-register", *few)[0] == 0
    assert "exists: `run` resumes it" in call("validate", "experiment.yaml", *few)[2]
    assert "needs a new `name` or `--fresh`" in call("validate", "experiment.yaml")[2]
    assert "error[study-changed]" in call("run", "experiment.yaml", "--local")[2]


# ---- init, validate, schema ----------------------------------------------------------------------


def test_init_writes_an_experiment_that_validates(call: Call) -> None:
    code, out, err = call("init", "new", "--name", "mine")
    assert code == 0 and out.split() == ["new/experiment.yaml", "new/trainable.py"]
    assert "hpsearch run new/experiment.yaml" in err
    code, out, _ = call("validate", "new/experiment.yaml", "--json")
    plan = json.loads(out)
    assert code == 0 and plan["name"] == "mine" and plan["fixed"] == {"epochs": 30}


def test_init_overwrites_only_when_told_to(call: Call) -> None:
    Path("trainable.py").write_text("mine")
    code, _, err = call("init")
    assert code == 2 and "error[file-exists]" in err and not Path("experiment.yaml").exists()
    assert Path("trainable.py").read_text() == "mine"
    assert call("init", "--force")[0] == 0
    assert Path("trainable.py").read_text() != "mine"


def test_the_help_of_a_fresh_confirmation_speaks_of_the_confirmation(call: Call) -> None:
    help_text = " ".join(call("confirm", "--help")[1].split())
    assert "--fresh Start anew; an earlier confirmation is renamed" in help_text


def test_init_refuses_a_folder_that_no_file_system_can_have(call: Call) -> None:
    code, _, err = call("init", "x" * 300)
    assert code == 2 and "error[unwritable-folder]" in err


def test_init_refuses_a_name_that_is_no_folder(call: Call) -> None:
    assert call("init", "--name", "../up")[0] == 2
    assert not list(Path().iterdir())


def test_validate_prints_the_plan(call: Call) -> None:
    call("init")
    code, out, err = call("validate", "experiment.yaml", "--set", "budget.trials=7")
    assert code == 0 and "is valid" in err
    for needed in ("first-search", "maximize val_accuracy", "float 0.001 to 3, log", "7 trials"):
        assert needed in out
    assert all(line == line.rstrip() for line in out.splitlines())


def test_validate_shows_a_fixed_list_with_quotes(call: Call) -> None:
    Path("t.py").write_text("def train(params, trial): return 1\n")
    Path("e.yaml").write_text(
        "{name: e, trainable: t.py:train, objective: {metric: a, direction: maximize}, params: "
        "{w: ['x, y', '1', 1, null, '']}, space: {x: {type: int, low: 0, high: 5}}}"
    )
    assert "w  ['x, y', '1', 1, null, '']\n" in call("validate", "e.yaml")[1]


def test_the_schema_admits_the_starter_and_refuses_a_typo(call: Call) -> None:
    schema = json.loads(call("schema")[1])
    assert schema["$schema"].endswith("2020-12/schema") and schema["title"]
    call("init")
    experiment = yaml.safe_load(Path("experiment.yaml").read_text())
    jsonschema.validate(experiment, schema)
    jsonschema.validate({**experiment, "objective": [experiment["objective"]]}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**experiment, "bugdet": {}}, schema)


class Trial:
    """A trial as the starter's trainable needs it, stopped after some reports."""

    number = seed = 0
    study, output = "sample", ""
    mlflow_run_id: str | None = None
    device, threads, start_step, rank, world_size = "cpu", 1, 0, 0, 1
    checkpoint: Path | None = None
    artifacts = scratch = Path()

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seen: list[tuple[int, dict[str, float]]] = []

    def report(self, step: int, metrics: Any, checkpoint: Any = None) -> None:
        self.seen.append((step, metrics))
        checkpoint(self.folder)

    def log(self, step: int, metrics: Any) -> None: ...


def test_the_starter_learns_and_goes_on_from_its_checkpoint(tmp_path: Path, call: Call) -> None:
    from hpsearch.trainable import load_trainable

    call("init", "new")
    trainable = load_trainable("trainable.py:train", tmp_path / "new")
    given = {"learning_rate": 0.3, "hidden_units": 32, "batch_size": 32, "epochs": 3}
    first, second = Trial(tmp_path), Trial(tmp_path)
    trainable.train(trainable.make_params(given), first)
    second.checkpoint, second.start_step = tmp_path, 4
    trainable.train(trainable.make_params({**given, "epochs": 5}), second)
    assert [step for step, _ in first.seen + second.seen] == [1, 2, 3, 4, 5]
    assert second.seen[-1][1]["val_accuracy"] > 0.85


# ---- export and evaluate -------------------------------------------------------------------------


def test_export_prints_the_files(
    studied: None, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, differences = ("model.onnx", "model.pt2"), {"model.onnx": 1.2e-7, "model.pt2": 0.0}
    model = compose.ExportedModel(Path("out"), RECORDS[4], files, differences)
    monkeypatch.setattr(compose, "export", lambda *args, **options: model)
    code, out, err = call("export", "sample")
    assert code == 0 and out.split() == ["out/model.onnx", "out/model.pt2"]
    assert "trial 4 of sample, value 0.4000" in err
    assert "by at most 1.2e-07 (1e-05 + 0.0001 × the value is allowed)" in err
    data = json.loads(call("export", "sample", "--json")[1])
    assert data["files"] == ["model.onnx", "model.pt2"] and data["trial"] == 4


def test_evaluate_prints_an_interval_where_it_knows_the_examples(
    studied: None, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = Outcome({"accuracy": 0.99, "loss": 0.03}, 10_000)
    data = outcome_data(outcome)
    evaluation = compose.Evaluation(RECORDS[4], outcome, data, "e.json", "it is away.")
    monkeypatch.setattr(compose, "evaluate", lambda *args, **options: evaluation)
    code, out, err = call("evaluate", "sample")
    assert code == 0 and "10000 examples" in err and "MLflow did not get it" in err
    assert out.splitlines() == [
        "  accuracy  0.990000   95% between 0.9879 and 0.9918",
        "  loss      0.0300000",
    ]
    data = json.loads(call("evaluate", "sample", "--json")[1])
    assert data["metrics"] == {"accuracy": 0.99, "loss": 0.03}
    assert list(data["intervals_95"]) == ["accuracy"]


def test_no_verb_is_cut_in_the_overview(call: Call) -> None:
    overview = call("--help")[1].partition("Commands:")[2].partition("Examples:")[0]
    assert all(f"  {verb} " in overview for verb in VERBS)
    assert not [line for line in overview.splitlines() if line.endswith("...")]


# ---- ui ------------------------------------------------------------------------------------------


def test_ui_of_a_server_says_its_address_without_the_password(call: Call) -> None:
    uri = "https://me:secret@there:5000/x"
    assert call("ui", "--tracking-uri", uri)[1] == "https://me:***@there:5000/x\n"
    data = json.loads(call("ui", "--tracking-uri", uri, "--json")[1])
    assert data["address"] == "https://me:***@there:5000/x" and "secret" not in str(data)


def test_ui_refuses_a_port_that_is_taken(call: Call) -> None:
    Path("mlflow.db").touch()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, _, err = call("ui", "--port", str(taken.getsockname()[1]))
    assert code == 2 and "error[port-taken]" in err


def test_ui_takes_the_next_free_port_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    from hpsearch.cli.ports import free_port

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        free = free_port(None, port)
    assert free > port
    assert capsys.readouterr().err == f"port {port} is taken; using {free}.\n"


def test_ui_makes_no_store_only_to_show_that_it_is_empty(call: Call, tmp_path: Path) -> None:
    code, _, err = call("ui")
    assert code == 2 and "error[no-store]" in err and "hpsearch run" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("studied")
def test_ui_of_a_server_that_does_not_answer_says_so(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(view: StudyView, server: str) -> None:
        raise ConnectionError("https://me:secret@there: refused")

    monkeypatch.setattr(compose, "comparison_path", refused)
    code, out, err = call("ui", "sample", "--tracking-uri", "https://me:secret@there")
    assert (code, out) == (0, "https://me:***@there\n")
    assert "refused" in err and "secret" not in err


def test_a_study_in_an_empty_folder_is_not_guessed(call: Call) -> None:
    code, _, err = call("show", "sample")
    assert code == 2 and "no search was started there" in err and "--studies" in err


@pytest.mark.usefixtures("studied")
def test_ui_says_how_to_get_what_optunas_dashboard_needs(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, err = call("ui", "--optuna")
    assert code == 2 and "error[no-study-named]" in err and "hpsearch ui STUDY --optuna" in err
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    code, _, err = call("ui", "sample", "--optuna")
    assert code == 2 and "pip install 'hpsearch[dashboard]'" in err


SERVER = """
import http.server, os, pathlib, subprocess, sys
uri = os.environ["MLFLOW_BACKEND_STORE_URI"]
if "broken" in uri:
    sys.exit(f"cannot open {uri}")
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path("processes").write_text(f"{os.getpid()} {child.pid}")
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
port = int(sys.argv[sys.argv.index("--port") + 1])
http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


@pytest.fixture
def stub_mlflow(tmp_path: Path) -> dict[str, str]:
    """Return an environment in which `python -m mlflow` is a small server with a child."""
    package = tmp_path / "stub" / "mlflow"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(SERVER)
    Path("mlflow.db").touch()
    return {**os.environ, "PYTHONPATH": str(tmp_path / "stub")}


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks at processes in /proc")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_ui_leaves_no_process_behind(name: str, stub_mlflow: dict[str, str]) -> None:
    import signal

    command = [sys.executable, "-m", "hpsearch", "ui"]
    with subprocess.Popen(command, env=stub_mlflow, stdout=subprocess.PIPE, text=True) as ui:
        assert ui.stdout is not None
        assert ui.stdout.readline().startswith("http://127.0.0.1:5")
        processes = [int(one) for one in Path("processes").read_text().split()]
        assert all(is_alive(one) for one in processes)
        ui.send_signal(signal.Signals[name])
        assert ui.wait(300) == 0
    wait_until_dead(*processes)


def test_ui_says_why_its_server_ended(stub_mlflow: dict[str, str]) -> None:
    command = [sys.executable, "-m", "hpsearch", "ui", "--tracking-uri", "broken://me:secret@x"]
    ended = subprocess.run(command, env=stub_mlflow, capture_output=True, text=True, timeout=300)  # noqa: PLW1510
    assert ended.returncode == 1
    assert "cannot open broken://me:***@x" in ended.stderr and "secret" not in ended.stderr


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["ls"], "summaries"),
        (["show", "sample"], "look"),
        (["evaluate", "sample"], "evaluate"),
        (["export", "sample"], "export"),
        (["report", "sample"], "report"),
    ],
)
def test_ctrl_c_ends_every_verb_with_130(
    call: Call, monkeypatch: pytest.MonkeyPatch, words: list[str], part: str
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(compose, "look", lambda studies, name: view())
    monkeypatch.setattr(compose, part, interrupted)
    assert call(*words)[0] == 130
