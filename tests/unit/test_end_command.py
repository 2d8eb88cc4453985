"""`on_end`: a command is told how a run ended; nothing that it does changes the run."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import hpsearch
from hpsearch import SearchFailed, Study, Trial, UserError
from hpsearch.cli.app import main
from hpsearch.usecases import end_command

NOTES = """\
import json, os, sys
told = {name: os.environ[f"HPSEARCH_{name}"] for name in ("STUDY", "STUDIES", "OUTCOME")}
json.dump({**told, "shown": json.load(sys.stdin), "words": sys.argv[1:], "folder": os.getcwd()},
          open("told.json", "w"))
"""
SEARCHED: dict[str, Any] = {
    "space": {"x": hpsearch.Float(0, 1)}, "objective": "minimize loss", "trials": 2,
    "name": "told", "local": True, "register": False,
}  # fmt: skip


def train(params: dict[str, Any], trial: Trial) -> float:
    trial.report(1, {"loss": params["x"]})
    return float(params["x"])


def failing(params: dict[str, Any], trial: Trial) -> float:
    raise RuntimeError("no luck")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, empty_mlflow: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "mlflow.db").write_bytes(empty_mlflow.read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HPSEARCH_STUDIES", raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    (tmp_path / "notes.py").write_text(NOTES)
    yield tmp_path


def run(
    *words: str, function: Callable[..., object] = train, file: str = "notes.py", **changes: Any
) -> Study:
    """Search with a command of these words, by default the one that notes what it is told."""
    command = [*words] or [sys.executable, file]
    return hpsearch.run(function, **SEARCHED | changes, set={"on_end": command})


def told() -> dict[str, Any]:
    found = json.loads(Path("told.json").read_text())
    assert isinstance(found, dict)
    return found


def test_the_command_gets_what_show_prints_and_nobody_holds_the_study_then(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    run(sys.executable, "notes.py", "$HOME", "two words", quiet=True)
    found = told()
    assert (found["STUDY"], found["OUTCOME"]) == ("told", "done")
    assert found["words"] == ["$HOME", "two words"] and found["folder"] == str(folder)
    assert found["shown"]["standing"] == "finished" and found["shown"]["best"]["number"] >= 0
    with pytest.raises(SystemExit):
        main(["show", "told", "--studies", found["STUDIES"], "--json"])
    assert json.loads(capsys.readouterr().out) == found["shown"]


def test_it_runs_for_every_run_also_one_that_fails(folder: Path) -> None:
    with pytest.raises(SearchFailed):
        run(function=failing, quiet=True)
    assert told()["OUTCOME"] == "failed"
    assert [one["state"] for one in told()["shown"]["trials"]] == ["failed", "failed"]


def test_an_interrupted_run_is_told_as_such(folder: Path) -> None:
    def stops(params: dict[str, Any], trial: Trial) -> float:
        hpsearch.open_study("told").stop()
        return train(params, trial)

    run(function=stops, quiet=True)
    assert told()["OUTCOME"] == "interrupted"
    assert told()["shown"]["standing"] == "interrupted"


def test_a_stop_at_once_is_told_too(folder: Path) -> None:
    def stops(params: dict[str, Any], trial: Trial) -> float:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(function=stops, quiet=True)
    assert told()["OUTCOME"] == "interrupted"


def test_its_failure_is_told_and_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    code = "import sys; print('to stdout'); sys.exit('no network')"
    study = run(sys.executable, "-c", code)
    assert study.standing == "finished" and len(study.trials) == 2
    err = capsys.readouterr().err
    assert "the command of `on_end` failed; the study is saved: exit code 1: no network" in err


def test_what_hangs_is_killed_with_its_children_after_a_time(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(end_command, "LIMIT_SECONDS", 1.0)
    run("sh", "-c", "sleep 300 & echo waiting; sleep 300")
    assert "it was killed after 1.0 s: waiting" in capsys.readouterr().err


def test_a_command_may_leave_its_input_and_a_child_behind() -> None:
    run("sh", "-c", "exec <&-; (sleep 20; rm -f late) & echo >early", quiet=True)
    assert Path("early").exists()


def test_a_program_that_is_not_there_is_refused_before_anything_starts(folder: Path) -> None:
    for word in ("no-such-program-1234", "./no-such-script.sh", "./notes.py", ""):
        with pytest.raises(UserError, match=r"no-program|on_end"):
            run(word, quiet=True)
    assert not (folder / "studies").exists()


def test_the_programs_beside_this_python_are_found_and_are_first_on_its_path(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/elsewhere")
    module = sys.modules["hpsearch.usecases.end_command"]
    here = Path(sys.executable)
    assert module._program(here.name, folder) == str(here)
    assert module._path() == f"{here.parent}{os.pathsep}/elsewhere"


def test_a_path_is_meant_from_the_experiments_folder(folder: Path) -> None:
    home = folder / "experiments"
    home.mkdir()
    (home / "train.py").write_text("def train(params, trial):\n    return params['x']\n")
    (home / "notify.sh").write_text(f"#!/bin/sh\nexec {sys.executable} ../notes.py\n")
    (home / "notify.sh").chmod(0o755)
    (home / "e.yaml").write_text(
        "{name: told, trainable: train.py:train, objective: {metric: x, direction: maximize},"
        " space: {x: {type: float, low: 0.0, high: 1.0}}, on_end: [./notify.sh]}"
    )
    with pytest.raises(SystemExit) as ended:
        words = ["--local", "--no-register", "--quiet", "--set", "budget.trials=1"]
        main(["run", "experiments/e.yaml", *words])
    assert ended.value.code in (0, None)
    found = json.loads((home / "told.json").read_text())
    assert found["folder"] == str(home) and found["STUDIES"] == str(folder / "studies")


def test_a_run_that_never_began_tells_nobody(folder: Path) -> None:
    with pytest.raises(UserError):
        run(space={"x": {"type": "float", "low": 2, "high": 1}}, quiet=True)
    assert not (folder / "told.json").exists()
    run(quiet=True)
    (folder / "told.json").unlink()
    with hpsearch.open_study("told")._store.lease(), pytest.raises(UserError):
        run(quiet=True)
    assert not (folder / "told.json").exists()
