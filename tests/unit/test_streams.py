"""stdout has the data that was asked for, and nothing else, whoever prints."""

import json
import re
import subprocess
import sys

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
    done = subprocess.run(
        f"{sys.executable} -m hpsearch schema | head -c 1",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert (done.stdout, done.stderr) == ("{", "")


def test_json_on_a_terminal_has_nothing_that_a_terminal_would_obey(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_json({"reason": "\x9b2J \x1b[2J \x7f"})
    said = capsys.readouterr().out
    assert json.loads(said) == {"reason": "\x9b2J \x1b[2J \x7f"}
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", said)
