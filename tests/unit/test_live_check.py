"""A process of its own imports the trainable: whatever that does comes back as a fault."""

import sys
from pathlib import Path

import pytest

from hpsearch.common.errors import Fault
from hpsearch.trainable import Given, live_faults
from tests.trainables import write

GIVEN = Given({"params.x": (1,)})


def faults_of(folder: Path, source: str, seconds: float = 300.0) -> list[Fault]:
    reference = write(folder, source, imports="from fractions import Fraction\n")
    return live_faults(reference, folder, GIVEN, seconds)


def test_the_imported_module_decides_and_nothing_is_imported_here(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source = "print('noise')\ntry:\n    def train(p: dict, t): ...\nfinally: pass\n"
    before = set(sys.modules)
    assert faults_of(tmp_path, source) == []
    (fault,) = faults_of(tmp_path, source.replace("dict", "Fraction"))
    assert fault.code == "unfit-parameters"
    assert capfd.readouterr() == ("", "")
    assert set(sys.modules) == before


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import nowhere", "No module named 'nowhere'"),
        ("raise RuntimeError('no luck')", "no luck"),
        ("raise SystemExit(3)", "SystemExit"),
        (
            "import sys, os\nsys.stderr.write('last words')\nsys.stderr.flush()\nos._exit(7)",
            "words",
        ),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "ended with -9"),
    ],
)
def test_a_fault_of_the_process_is_that_of_the_trainable(
    tmp_path: Path, source: str, said: str
) -> None:
    (fault,) = faults_of(tmp_path, f"{source}\ndef train(p, t): ...\n")
    assert fault.code == "broken-trainable" and said in fault.why


def test_an_import_that_does_not_end_is_ended(tmp_path: Path) -> None:
    source = "import time\ntime.sleep(600)\ndef train(p, t): ...\n"
    (fault,) = faults_of(tmp_path, source, seconds=0.5)
    assert fault.code == "broken-trainable" and "0.5 seconds" in fault.why


def test_threads_and_processes_of_an_import_are_not_waited_for(tmp_path: Path) -> None:
    source = (
        "import subprocess, threading, time\n"
        "subprocess.Popen(['sleep', '600'])\n"
        "threading.Thread(target=time.sleep, args=(600,)).start()\n"
        "def train(p, t): ...\n"
    )
    assert faults_of(tmp_path, source) == []
