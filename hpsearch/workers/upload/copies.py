"""What a worker knows of its copy of the experiment's folder, and of what its machine lacks.

A file or a package that the driver has and the worker has not is the commonest fault of a cluster.
Errors are read as text: of an exception, of a command's last words, of Ray's account of a death.
"""

import os
import re
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hpsearch.common.errors import Fault
from hpsearch.workers.upload import faults

MODULE = re.compile(r"No module named '([\w.]+)'")
FILE = re.compile(r"No such file or directory(?::|.*name =) '([^'\n]+)'")
MOST_CAUSES = 8
"""How many errors that led to one another are looked at."""


@dataclass(frozen=True)
class Copy:
    """A copy of the folder `original` of the driver's machine; `folder` is where it is here.

    `left_out` says why a path of the original is not in the copy; `host` is this machine.
    """

    original: Path
    left_out: Mapping[str, str]
    folder: Path = Path()
    host: str = "?"

    def lack(self, text: str) -> Fault | None:
        """Return the fault if an error's text says that something is not on this machine."""
        for module in MODULE.findall(text):
            return self._no_module(module.partition(".")[0], text)
        found = (self._no_file(name, text) for name in FILE.findall(text))
        return next((fault for fault in found if fault is not None), None)

    def _no_module(self, name: str, why: str) -> Fault:
        for path in (Path(f"{name}.py"), Path(name)):
            if (reason := self._why_not(path)) is not None:
                return faults.file_not_sent(path, reason, why)
        return faults.package_missing(self.host, name, why)

    def _no_file(self, name: str, why: str) -> Fault | None:
        path = Path(os.path.normpath(Path.cwd() / name))
        for root in (self.folder, self.original):
            if root in path.parents:
                reason = self._why_not(path.relative_to(root))
                if reason is not None:
                    return faults.file_not_sent(path.relative_to(root), reason, why)
        if self.original in path.parents:
            return faults.file_of_driver(self.host, path, why)
        if name.startswith("..") and self.folder not in path.parents:
            return faults.file_outside(Path(name), why)
        return None

    def _why_not(self, path: Path) -> str | None:
        heads = (path, *path.parents)
        return next((self.left_out[str(one)] for one in heads if str(one) in self.left_out), None)


def text_of(error: BaseException) -> str:
    """Return the last lines of an error and of those that led to it."""
    return "\n".join(traceback.format_exception_only(one)[-1].strip() for one in _causes(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(MOST_CAUSES):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__
