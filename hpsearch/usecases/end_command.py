"""The command of `on_end`: it is told how a run ended, after everything of it is saved."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from hpsearch.common.errors import Fault
from hpsearch.common.json_text import json_text
from hpsearch.common.redaction import problem
from hpsearch.common.text import duration
from hpsearch.engine import Display
from hpsearch.store import StudyStore
from hpsearch.usecases import faults
from hpsearch.usecases.data import study_detail
from hpsearch.usecases.result import Outcome
from hpsearch.usecases.source import Source
from hpsearch.usecases.view import look_at

LIMIT_SECONDS = 60.0
"""After this the command and its children are killed."""


@dataclass
class Ending:
    """What a run notes for the command; nothing is run if the run never `began`."""

    began: bool = False
    outcome: Outcome = "failed"


def end_command_faults(source: Source) -> list[Fault]:
    """Return what is wrong with the command: its program does not exist."""
    words = source.experiment.on_end
    if not words or _program(words[0], source.folder) is not None:
        return []
    return [faults.no_program(words[0], str(source.folder))]


@contextmanager
def end_command(source: Source, store: StudyStore, display: Display) -> Iterator[Ending]:
    """Run the command after this block, however it ends; what goes wrong with it is only told."""
    ending, environment = Ending(), os.environ | {"PATH": _path()}  # before libraries change it
    try:
        yield ending
    except KeyboardInterrupt:
        ending.outcome = "interrupted"
        raise
    finally:
        if source.experiment.on_end and ending.began and store.exists():
            told = environment | _told(store, ending.outcome)
            _run(source, store, display, told)


def _run(
    source: Source, store: StudyStore, display: Display, environment: Mapping[str, str]
) -> None:
    display.phase("running the command of `on_end`")
    try:
        shown = json_text(study_detail(look_at(store)))
        failure = _call(source, shown, environment)
    except Exception as error:
        failure = problem(error)
    if failure:
        clean = source.experiment.privacy.clean
        display.notice(f"the command of `on_end` failed; the study is saved: {clean(failure)}")


def _told(store: StudyStore, outcome: Outcome) -> dict[str, str]:
    """Return what tells the command of the run; `hpsearch show $HPSEARCH_STUDY` works in it."""
    address = store.store_address
    studies = address if "://" in address else str(Path(address).absolute())
    return {
        "HPSEARCH_STUDY": store.name,
        "HPSEARCH_STUDIES": studies,
        "HPSEARCH_OUTCOME": outcome,
    }


def _call(source: Source, shown: str, environment: Mapping[str, str]) -> str:
    """Run the command to its end; return why it failed, empty if it did not.

    It has files as its streams: a pipe would wait for children that it leaves running.
    """
    words = source.experiment.on_end
    with TemporaryFile() as stdin, TemporaryFile() as output:
        stdin.write(shown.encode(errors="backslashreplace"))
        stdin.seek(0)
        process = subprocess.Popen(  # noqa: S603 (the user's own words; no shell)
            [_program(words[0], source.folder) or words[0], *words[1:]],
            cwd=source.folder, env=environment, start_new_session=True,
            stdin=stdin, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            code = process.wait(LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            return f"it was killed after {duration(LIMIT_SECONDS)}{_last_line(output)}"
        finally:
            if process.returncode is None:
                _kill(process)
        return f"exit code {code}{_last_line(output)}" if code else ""


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """Kill the command and its children."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _last_line(output: IO[bytes]) -> str:
    output.seek(0)
    lines = output.read().decode(errors="replace").strip().splitlines()
    return f": {lines[-1]}" if lines else ""


def _program(word: str, folder: Path) -> str | None:
    """Return the program: by its path from the experiment's folder, else on PATH."""
    return shutil.which(str(folder / word) if os.sep in word else word, path=_path())


def _path() -> str:
    """Return PATH with the folder of this Python first: its `hpsearch` is found there."""
    here = str(Path(sys.executable).parent)
    return os.pathsep.join([here, *filter(None, [os.environ.get("PATH", os.defpath)])])
