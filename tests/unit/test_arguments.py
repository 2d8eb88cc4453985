"""`sys.argv` while the code of a trainable is imported or runs."""

import sys
import threading
from pathlib import Path

import pytest

from hpsearch.common.errors import UserError
from hpsearch.trainable import live_faults, load_trainable, no_arguments
from hpsearch.trainable.given import Given
from tests.support import Bench
from tests.trainables import write

PARSES = """
import argparse, sys
parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float, default=0.5)
RATE = parser.parse_args().rate
GIVEN = [*sys.argv]


def train(params, trial):
    return parser.parse_args().rate
"""


def test_an_imported_file_sees_its_own_name_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", given := ["hpsearch", "run", "x.yaml"])
    loaded = load_trainable(write(tmp_path, PARSES, imports=""), tmp_path)
    assert vars(loaded.module)["GIVEN"] == [loaded.file] and sys.argv is given


def test_a_module_sees_its_file_alone(tmp_path: Path) -> None:
    (tmp_path / "own_package").mkdir()
    (tmp_path / "own_package" / "training.py").write_text(PARSES)
    loaded = load_trainable("own_package.training:train", tmp_path)
    assert vars(loaded.module)["GIVEN"] == [str(tmp_path / "own_package" / "training.py")]


def test_validate_imports_it_without_arguments_too(tmp_path: Path) -> None:
    assert live_faults(write(tmp_path, PARSES, imports=""), tmp_path, Given()) == []


def test_the_arguments_are_restored_if_the_import_fails(tmp_path: Path) -> None:
    given = sys.argv
    with pytest.raises(UserError, match="broken-trainable"):
        load_trainable(write(tmp_path, PARSES + "1 / 0", imports=""), tmp_path)
    assert sys.argv is given


def test_a_trial_parses_no_arguments(bench: Bench) -> None:
    given = sys.argv
    records = bench.run_code(PARSES, budget={"trials": 2})
    assert [one.value for one in records] == [0.5, 0.5] and sys.argv is given


def test_the_last_of_several_threads_restores_what_the_first_one_found() -> None:
    given, inside, first_left = sys.argv, threading.Event(), threading.Event()

    def second() -> None:
        with no_arguments("second.py"):
            inside.set()
            first_left.wait()

    thread = threading.Thread(target=second)
    with no_arguments("first.py"):
        thread.start()
        inside.wait()
    first_left.set()
    thread.join()
    assert sys.argv is given
