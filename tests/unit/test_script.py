"""What a script gets from hpsearch if it runs alone, and what that costs."""

import functools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import hpsearch
from hpsearch import ScriptTrial, Trial
from hpsearch.trainable.script.client import VARIABLE
from hpsearch.workers.process_state import call_in_own_context

HEAVY = {"pydantic", "yaml", "optuna", "ray", "mlflow", "torch", "numpy", "dataclasses", "inspect"}
"""Some of what takes longer to import than a script should wait."""


def run_alone(source: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", source],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_trial_of_a_script_is_a_trial() -> None:
    def fits(trial: ScriptTrial) -> Trial:
        return trial

    assert fits is not None


def test_reports_of_a_script_alone_are_lines_of_json() -> None:
    ran = run_alone(
        """
import hpsearch
for step in range(2):
    hpsearch.trial().log(step, {"rate": 0.5})
    hpsearch.report(step, {"loss": 0.5, "big": float("inf")}, checkpoint=lambda folder: 1 / 0)
"""
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert lines == [{"step": step, "loss": 0.5, "big": float("inf")} for step in range(2)]


def test_a_function_that_hpsearch_calls_is_no_script(capsys: pytest.CaptureFixture[str]) -> None:
    for ask in (functools.partial(hpsearch.report, 1, {"loss": 1.0}), hpsearch.trial):
        with pytest.raises(RuntimeError, match=r"call `trial\.report`"):
            call_in_own_context(ask)
    assert capsys.readouterr().out == ""


def test_a_script_alone_gets_a_stand_in_whose_folders_end_with_it() -> None:
    ran = run_alone(
        """
import hpsearch, os
trial = hpsearch.trial()
(trial.artifacts / "a").touch()
if (child := os.fork()) == 0:
    raise SystemExit  # what ends here is a child
os.waitpid(child, 0)
assert (trial.artifacts / "a").exists() and trial.scratch.is_dir()
assert trial.checkpoint is None and trial.threads >= 1 and trial.params == {}
print(trial.number, trial.seed, trial.start_step, trial.device)
print(repr(trial.output), trial.mlflow_run_id)
print(trial.scratch.parent)
"""
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    said, empty, folder = ran.stdout.splitlines()
    assert (said, empty) == ("0 0 0 cpu", "'' None") and not Path(folder).exists()


@pytest.mark.parametrize("step", ["0", "-1", "1.5"])
def test_a_wrong_step_fails_a_script_alone_too(step: str) -> None:
    source = "import hpsearch; hpsearch.report(0, {'loss': 1}); hpsearch.report(%s, {'loss': 1})"
    ran = run_alone(source % step)
    assert ran.returncode == 1 and "report: " in ran.stderr


@pytest.mark.parametrize("checkpoint", ["{'s': 1}", "'model.pt'", "b''", "True", "False", "[1]"])
def test_a_checkpoint_that_saves_nothing_fails_a_script_alone_too(checkpoint: str) -> None:
    ran = run_alone(f"import hpsearch; hpsearch.report(0, {{'loss': 1}}, {checkpoint})")
    assert ran.returncode == 1
    assert "report: `checkpoint` is a function that saves files" in ran.stderr


def test_a_script_that_reports_loads_nothing_heavy() -> None:
    ran = run_alone(
        "import hpsearch, sys; hpsearch.trial(); hpsearch.report(0, {'loss': 1});"
        "print(*sys.modules)"
    )
    assert "hpsearch.trainable.script" in ran.stdout
    assert not HEAVY & {*ran.stdout.split()}
