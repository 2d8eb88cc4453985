"""A full disk is its machine's fault: told by the error, by what caused it, or by the disk."""

import errno
from collections import namedtuple
from pathlib import Path

import pytest

from hpsearch.workers.disk_faults import is_disk_fault, is_full
from tests.support import Bench

Usage = namedtuple("Usage", "total used free")


def no_space() -> OSError:
    return OSError(errno.ENOSPC, "No space left on device")


def test_an_error_of_a_full_disk_is_found_behind_others(tmp_path: Path) -> None:
    wrapped = RuntimeError("cannot save")
    wrapped.__cause__ = ValueError("cannot write")
    wrapped.__cause__.__context__ = no_space()
    assert is_disk_fault(no_space(), tmp_path) and is_disk_fault(wrapped, tmp_path)
    assert is_disk_fault(OSError(errno.EDQUOT, "Disk quota exceeded"), tmp_path)
    assert not is_disk_fault(RuntimeError("cannot save"), tmp_path)
    assert not is_disk_fault(OSError(errno.EACCES, "Permission denied"), tmp_path)


def test_errors_that_cause_each_other_are_looked_at_once(tmp_path: Path) -> None:
    first, second = RuntimeError("first"), RuntimeError("second")
    first.__cause__, second.__cause__ = second, first
    assert not is_disk_fault(first, tmp_path)


def test_any_error_counts_if_the_disk_has_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not is_full(tmp_path)
    usage = Usage(10**9, 10**9, 4096)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: usage)
    assert is_full(tmp_path) and is_disk_fault(RuntimeError("file write failed"), tmp_path)


FULL_ONCE = """\
import errno
from pathlib import Path

def train(params, trial):
    mark = Path(__file__).with_name("was-full")
    if not mark.exists():
        mark.touch()
        raise OSError(errno.ENOSPC, "No space left on device")
    trial.report(1, {"value": 1.0})
"""


def test_a_trial_that_met_a_full_disk_is_tried_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "work")
    (record,) = bench.run_code(FULL_ONCE, budget={"trials": 1})
    assert (record.state, record.attempt) == ("complete", 2)
    assert bench.notices == ["trial 0 is tried again: OSError: [Errno 28] No space left on device"]
