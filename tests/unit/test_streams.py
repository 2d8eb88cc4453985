"""stdout has the data that was asked for, and nothing else, whoever prints."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from hpsearch.cli.output import print_json

NOISY_VERB = """
import atexit, ctypes, os, subprocess, sys, warnings
from hpsearch import usecases
from hpsearch.cli.app import main

def summaries(studies):
    print("of Python")
    os.write(1, b"of a descriptor\\n")
    ctypes.CDLL(None).printf(b"of C\\n")
    os.system("echo of a child")
    subprocess.Popen("sleep 0.5; echo of a child that stays", shell=True)
    warnings.warn("careful")
    atexit.register(lambda: os.write(1, b"at the exit\\n"))
    return []

usecases.summaries = summaries
main()
"""


def run_noisy(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", NOISY_VERB, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def run_in_shell(words: str, folder: Path | None = None) -> "subprocess.CompletedProcess[str]":
    command = f"{shlex.quote(sys.executable)} -m hpsearch {words}"
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


def test_stdout_has_the_data_alone_whoever_prints() -> None:
    done = run_noisy("ls", "--json")
    assert (done.returncode, json.loads(done.stdout)) == (0, [])
    for said in ("Python", "a descriptor", "C", "a child", "a child that stays"):
        assert f"of {said}\n" in done.stderr
    assert "at the exit" in done.stderr


def test_help_and_version_are_data() -> None:
    assert run_noisy("--version").stdout.startswith("hpsearch ")
    assert run_noisy("ls", "--help").stdout.startswith("Usage: hpsearch ls")


def test_a_reader_that_has_seen_enough_is_no_bug() -> None:
    done = run_in_shell("schema | head -c 1")
    assert (done.stdout, done.stderr) == ("{", "")
    done = run_in_shell("schema | true; echo ${PIPESTATUS[0]}")
    assert (done.stdout, done.stderr) == ("141\n", "")


@pytest.mark.parametrize("words", ["schema", "ls --json", "ls", "--help", "--version"])
def test_output_that_cannot_be_written_is_no_bug(words: str, tmp_path: Path) -> None:
    done = run_in_shell(f"{words} >/dev/full", tmp_path)
    if not (words == "ls" and done.returncode == 0):  # it has no data
        assert done.returncode == 1
        assert done.stderr.startswith("error[unwritable-output]: ")
        assert "No space left" in done.stderr and "Exception" not in done.stderr


EXPERIMENT = """
name: piped
trainable: piped.py:train
objective: {metric: loss, direction: minimize}
space: {x: {type: float, low: 0, high: 1}}
budget: {trials: 3}
"""


@pytest.mark.parametrize(
    ("pipe", "code"),
    [
        ("2>&1 | head -1", 0),
        ("2>&1 | true", 0),
        ("2>/dev/full", 0),
        ("--json | true", 141),
        ("--json >/dev/full", 1),
    ],
)
def test_a_search_whose_output_is_lost_ends_as_it_does_and_is_saved(
    tmp_path: Path, pipe: str, code: int
) -> None:
    (tmp_path / "e.yaml").write_text(EXPERIMENT)
    (tmp_path / "piped.py").write_text("def train(params, trial):\n    return params['x']\n")
    done = run_in_shell(f"run e.yaml --local {pipe}; echo ${{PIPESTATUS[0]}}", tmp_path)
    assert done.stdout.splitlines()[-1] == str(code)
    assert "bug" not in done.stderr and "Exception" not in done.stderr
    shown = run_in_shell("show piped --json", tmp_path)
    assert json.loads(shown.stdout)["standing"] == "finished"


def test_json_on_a_terminal_has_nothing_that_a_terminal_would_obey(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_json({"reason": "\x9b2J \x1b[2J \x7f"})
    said = capsys.readouterr().out
    assert json.loads(said) == {"reason": "\x9b2J \x1b[2J \x7f"}
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", said)
