"""A study's folder: one driver at a time, and a name that is free again where it was put aside."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hpsearch.common.errors import UserError
from hpsearch.experiment.names import LONGEST_NAME
from hpsearch.store.folder.paths import StudyPaths, list_studies, study_paths
from hpsearch.store.folder.study_folder import driver_lock, set_aside

HOLDS = """
import sys, time
from pathlib import Path
from hpsearch.store.folder.paths import StudyPaths
from hpsearch.store.folder.study_folder import driver_lock
with driver_lock(StudyPaths(Path(sys.argv[1]))):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def paths(tmp_path: Path) -> StudyPaths:
    return StudyPaths(tmp_path / "sample")


def test_a_second_driver_is_refused_by_the_host_and_process_of_the_first_until_that_is_dead(
    paths: StudyPaths,
) -> None:
    command = [sys.executable, "-c", HOLDS, str(paths.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        with pytest.raises(UserError) as refused, driver_lock(paths):
            pass
        assert str(first.pid) in str(refused.value) and os.uname().nodename in str(refused.value)
        first.send_signal(signal.SIGKILL)
    with driver_lock(paths):
        pass


@pytest.mark.parametrize("name", ["a", "b" * LONGEST_NAME])
def test_what_is_put_aside_is_a_study_of_a_new_name(tmp_path: Path, name: str) -> None:
    paths = study_paths(tmp_path, name)
    paths.root.mkdir()
    paths.journal.write_text("")
    set_aside(paths)
    (aside,) = list_studies(tmp_path)
    assert aside.name != name and study_paths(tmp_path, aside.name) == aside
