"""What trials print on Ray and in a debugger: kept, followed, and there when a process dies."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.end_to_end.test_stdout import EXPERIMENT, command
from tests.terminal import Terminal

pytestmark = pytest.mark.timeout(2400)

TRAINABLE = """\
import ctypes, os, subprocess, sys, time
from pathlib import Path

def aborts(params, trial):
    print("loading the data")
    subprocess.run([sys.executable, "-c", "print('of a child')"])
    os.write(2, b"libfoo: assertion failed: x > 0\\n")
    os.abort()

def waits(params, trial):
    print("begun", flush=True)
    while not Path(params["file"]).exists():
        time.sleep(0.05)
    trial.report(1, {"value": params["x"]})
    print("the end")

def stops(params, trial):
    secret = 41
    print("before the breakpoint")
    breakpoint()
    print("secret is", secret)
    trial.report(1, {"value": params["x"]})
"""


@pytest.fixture
def folder(empty_mlflow: Path, tmp_path: Path) -> Path:
    shutil.copy(empty_mlflow, tmp_path)
    experiment = {
        **EXPERIMENT,
        "name": "printing",
        "budget": {"trials": 1},
        "params": {"file": str(tmp_path / "go-on")},
        "resources": {"gpus_per_trial": 0, "retries": 1},
    }
    (tmp_path / "printing.yaml").write_text(json.dumps(experiment))
    (tmp_path / "printing.py").write_text(TRAINABLE)
    return tmp_path


def run(folder: Path, function: str, *words: str) -> "subprocess.CompletedProcess[str]":
    trainable = f"trainable=printing.py:{function}"
    return command(folder, "run", "printing.yaml", "--set", trainable, *words)


def test_the_last_words_of_every_attempt_that_crashed_are_kept(folder: Path) -> None:
    done = run(folder, "aborts")
    assert done.returncode == 1
    assert "libfoo: assertion failed: x > 0" in done.stderr.partition("error[")[2]
    for attempt in ("1", "2"):
        kept = command(folder, "logs", "printing", "--trial", "0", "--attempt", attempt, "--json")
        texts = [line["text"] for line in json.loads(kept.stdout)["lines"]]
        assert texts[:2] == ["loading the data", "of a child"]
        assert "libfoo: assertion failed: x > 0" in texts
    shown = command(folder, "show", "printing", "--trial", "0").stdout
    assert "The last lines that it printed:\n  loading the data\n" in shown


def test_an_import_that_ends_the_process_says_what_it_printed(folder: Path) -> None:
    text = 'import os\nos.write(2, b"libfoo: no licence\\n")\nos.abort()\n'
    (folder / "printing.py").write_text(text + TRAINABLE)
    done = run(folder, "waits")
    assert done.returncode == 2
    assert "libfoo: no licence" in done.stderr.partition("error[broken-trainable]")[2]
    assert not (folder / "studies" / "printing").exists()


@pytest.mark.slow
def test_a_running_trial_is_followed_until_its_end(folder: Path) -> None:
    trainable = "trainable=printing.py:waits"
    words = [sys.executable, "-m", "hpsearch"]
    with subprocess.Popen(
        [*words, "run", "printing.yaml", "-q", "--set", trainable], cwd=folder
    ) as searching:
        log = folder / "studies" / "printing" / "logs" / "trial-00000" / "attempt-1.log"
        while not (log.exists() and log.read_bytes()):
            assert searching.poll() is None
            time.sleep(0.05)  # Ray starts, and wants the core
        follow = [*words, "logs", "printing", "--trial", "0", "--follow"]
        with subprocess.Popen(follow, cwd=folder, stdout=subprocess.PIPE, text=True) as following:
            assert following.stdout is not None
            assert following.stdout.readline().endswith("  begun\n")
            (folder / "go-on").touch()
            assert following.stdout.read().endswith("  the end\n")
        assert (following.returncode, searching.wait()) == (0, 0)


def test_a_breakpoint_has_the_terminal(folder: Path) -> None:
    trainable = "trainable=printing.py:stops"
    seen = Terminal(folder, 100, "run", "printing.yaml", "--local", "--set", trainable)
    seen.wait_for("(Pdb)")
    seen.type("p secret + 1\n")
    seen.wait_for("42")
    seen.type("c\n")
    assert seen.end() == 0
    assert "before the breakpoint" in seen.said and "secret is 41" in seen.said
    kept = (folder / "studies/printing/logs/trial-00000/attempt-1.log").read_text()
    assert "before the breakpoint" in kept and "on the terminal alone" in kept
