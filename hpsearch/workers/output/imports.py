"""What the import of a trainable prints: its last lines belong to the error that it ends in."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from hpsearch.common.errors import Fault, UserError
from hpsearch.common.logs import IMPORT_LOGS, last_lines, tail, wait_until_whole
from hpsearch.workers.output.output import Output


@contextmanager
def capture_import(output: Output, folder: str) -> Iterator[None]:
    """Capture what an import prints, and add its last lines to the UserError that it raises.

    If the import ends the process, they stay in the study's `folder`: see `last_import_output`.
    """
    file = Path(folder, f"import-{os.getpid()}.log") if folder else None
    if file is not None:
        with suppress(OSError):
            file.touch(mode=0o600)
    capture = output.capture(str(file or ""))
    try:
        with capture:
            yield
    except UserError as error:
        raise UserError(*(_with_output(one, capture.tail()) for one in error.faults)) from None
    finally:
        capture.remove()


def last_import_output(folder: str) -> str:
    """Return the last lines of a worker that died while it imported the trainable."""
    files = sorted(Path(folder).glob(IMPORT_LOGS), key=lambda file: file.stat().st_mtime)
    if not (folder and files):
        return ""
    wait_until_whole(files[-1])
    return tail(files[-1])


def _with_output(fault: Fault, output: str) -> Fault:
    if all(line in fault.why for line in output.splitlines()):  # such as argparse's usage
        return fault
    return replace(fault, why=f"{fault.why}\n{last_lines(output)}".rstrip())
