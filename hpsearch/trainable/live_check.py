"""Imports a trainable in a process of its own and compares it with what an experiment gives.

`hpsearch validate` must load nothing that a trainable loads. If the import prints, hangs or
crashes, the result is the fault that a search would end with.
"""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from hpsearch.common.errors import Fault, UserError
from hpsearch.trainable import faults
from hpsearch.trainable.code.stand_ins import remove_stand_ins
from hpsearch.trainable.comparison import compare
from hpsearch.trainable.given import Given
from hpsearch.trainable.loading import load_trainable

IMPORT_SECONDS = 300.0
"""How long the import of a trainable may take: that of a large framework, from a slow disk."""

SCRIPT = (
    "import sys; sys.path[:] = {path!r}; from hpsearch.trainable.live_check import answer; answer()"
)


def live_faults(
    reference: str, folder: Path, given: Given, seconds: float = IMPORT_SECONDS
) -> list[Fault]:
    """Return what of the given parameters the imported trainable refuses; imports nothing here."""
    asked = json.dumps([reference, str(folder), asdict(given)])
    script = SCRIPT.format(path=sys.path)
    with (
        TemporaryFile("w+") as question,
        TemporaryFile("w+") as reply,
        TemporaryFile("w+") as noise,
    ):
        question.write(asked)
        question.seek(0)
        process = subprocess.Popen(  # noqa: S603 (this Python, by its own path)
            [sys.executable, "-P", "-c", script],
            stdin=question,
            stdout=reply,
            stderr=noise,
            start_new_session=True,
        )
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            return [faults.trainable_slow(reference, seconds)]
        finally:
            _end(process)
        return _faults(reference, process.returncode, reply, noise)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Kill the process group, even if the process has ended: what it started may still run."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _faults(reference: str, code: int, reply: IO[str], noise: IO[str]) -> list[Fault]:
    reply.seek(0)
    answered = reply.read()
    if not answered:
        noise.seek(0)
        last = noise.read()[-2000:].strip()
        return [faults.trainable_broken(reference, f"{last}\nits process ended with {code}.")]
    return [Fault(**fault) for fault in json.loads(answered)]


def answer() -> None:
    """Read a question from stdin and write the faults to stdout: this runs in that process."""
    reference, folder, given = json.load(sys.stdin)
    reply = os.fdopen(os.dup(1), "w")  # from here on, what the trainable prints goes to stderr
    os.dup2(2, 1)
    found = _loaded_faults(reference, Path(folder), Given(**given))
    json.dump([asdict(fault) for fault in found], reply)
    reply.flush()
    remove_stand_ins()
    os._exit(0)  # threads that the import began may go on for ever


def _loaded_faults(reference: str, folder: Path, given: Given) -> list[Fault]:
    try:
        return compare(given, load_trainable(reference, folder).signature)
    except UserError as error:
        return list(error.faults)
