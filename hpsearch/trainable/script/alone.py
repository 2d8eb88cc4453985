"""Answers a script that runs alone, without a search: it is never stopped, its reports are printed.

Each report is a line of JSON on stdout, as `metrics: json` reads it.
"""

import atexit
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hpsearch.common.called import IS_CALLED
from hpsearch.trainable.script.client import Save


class Alone:
    """See `Client`: it answers at once, and never wants a checkpoint."""

    def __init__(self) -> None:
        self._last_step = -1

    def ask(self, kind: str, save: Save | None = None, **content: Any) -> Any:
        """Return the answer; raises ValueError if a report's step does not follow the last one.

        Raises RuntimeError inside a function that hpsearch calls.
        """
        if IS_CALLED.get():
            raise RuntimeError(
                "`hpsearch.report` and `hpsearch.trial` are for a script: this function is given "
                "its trial, so call `trial.report`"
            )
        if kind == "trial":
            return _stand_in()
        if kind == "report":
            self._report(content["step"], content["metrics"])
        return "" if kind == "output" else None

    def _report(self, step: int, metrics: Mapping[str, float]) -> None:
        if step <= self._last_step:
            raise ValueError(f"report: step {step} does not follow step {self._last_step}")
        self._last_step = step
        line = json.dumps({"step": step, **metrics} | {"step": step})
        print(f"{line}\n", end="", flush=True)  # noqa: T201 (a single write: threads may print)


def _stand_in() -> Mapping[str, object]:
    folder = _temporary_folder()
    return {
        "number": 0,
        "study": "",
        "seed": 0,
        "device": "cuda" if _has_cuda() else "cpu",
        "threads": os.cpu_count() or 1,
        "rank": 0,
        "world_size": 1,
        "checkpoint": None,
        "start_step": 0,
        "artifacts": _made(folder / "artifacts"),
        "scratch": _made(folder / "scratch"),
        "params": {},
    }


def _has_cuda() -> bool:
    """Return whether torch has a GPU; a script that has not imported it gets no device from it."""
    torch = sys.modules.get("torch")
    return torch is not None and bool(torch.cuda.is_available())


def _temporary_folder() -> Path:
    """Return a new folder that is removed when this process ends."""
    import shutil  # with `tempfile` half of the time that all this takes to import
    import tempfile

    folder, process = Path(tempfile.mkdtemp(prefix="hpsearch-")), os.getpid()

    def remove() -> None:
        if os.getpid() == process:  # not a child that was forked
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    return folder


def _made(folder: Path) -> str:
    folder.mkdir()
    return str(folder)
