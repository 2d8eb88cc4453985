"""What of a folder is sent to a cluster, what is not, and why."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISREG

from hpsearch.common.text import count, size
from hpsearch.store import documents
from hpsearch.workers.upload.ignore_files import IgnoreFile, rules_above, rules_in

LARGEST_FILE = 100_000_000
"""Bytes; a larger file is data, which belongs on a disk or in a bucket that all machines reach."""

KNOWN = {
    ".git": "git",
    "mlflow.db": "MLflow",
    "mlruns": "MLflow",
    "mlartifacts": "MLflow",
}
"""Names that are not sent, and what they are of."""

CACHES = {
    "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis",
    ".ipynb_checkpoints", "node_modules",
}  # fmt: skip
"""Names that are not sent, and not worth a word."""

OF_ENTRY = 128
"""Bytes that a file's entry takes in the archive, beside its content and twice its name."""

MOST_SAID = 8
"""How many of the paths that are left out a notice names."""


@dataclass
class Upload:
    """What is sent of the folder `root`: paths relative to it, of files with their bytes.

    `left_out` says why a path is not sent; what is below it is not looked at.
    """

    root: Path
    files: dict[str, int] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Path) -> "Upload":
        """Look at a folder, without reading its files."""
        upload = cls(root)
        upload._add_folder(root, rules_above(root), {root.resolve()})
        return upload

    @property
    def size(self) -> int:
        """Bytes of the archive, at most a few above the truth."""
        names = [*self.files, *self.folders]
        return sum(self.files.values()) + sum(OF_ENTRY + 2 * len(os.fsencode(n)) for n in names)

    def why_not(self, path: Path) -> str | None:
        """Return why a path below the root is not sent; None if nothing is said against it."""
        name = self._name(path)
        parts = name.split("/")
        heads = ["/".join(parts[: index + 1]) for index in range(len(parts))]
        return next((self.left_out[head] for head in heads if head in self.left_out), None)

    def describe(self) -> str:
        """Say in a line what the cluster gets."""
        files = f"{count(len(self.files), 'file')} of {self.root} ({size(self.size)})"
        said = [f"{path} ({why})" for path, why in self.left_out.items()]
        rest = [f"{len(said) - MOST_SAID} more"] if len(said) > MOST_SAID else []
        without = ", ".join([*said[:MOST_SAID], *rest])
        return f"the cluster gets {files}" + (f"; not sent: {without}" if without else "")

    def _add_folder(self, folder: Path, above: IgnoreFile | None, inside: set[Path]) -> None:
        """Add what is in a folder; `inside` are it and the folders around it, links followed."""
        rules = rules_in(folder, above)
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError:
            self.left_out[self._name(folder)] = "unreadable"
            return
        for entry in entries:
            path = Path(entry.path)
            is_folder = _is_folder(entry)
            verdict = rules.verdict(path, is_folder=is_folder) if rules else None
            if verdict is not None and verdict.leaves_out:
                self._leave_out(path, verdict.by)
            elif is_folder:
                self._enter(path, rules, inside, is_named=verdict is not None)
            else:
                self._add_file(path, is_named=verdict is not None)

    def _enter(
        self, folder: Path, rules: IgnoreFile | None, inside: set[Path], *, is_named: bool
    ) -> None:
        why = None if is_named else why_not_folder(folder)
        if why is not None:
            self._leave_out(folder, why)
        elif (real := folder.resolve()) not in inside:  # else a link leads back up
            self.folders.append(self._name(folder))
            self._add_folder(folder, rules, inside | {real})

    def _add_file(self, file: Path, *, is_named: bool) -> None:
        try:
            state = file.stat()
        except OSError:  # a link to nothing
            return
        if not S_ISREG(state.st_mode):
            return
        if not is_named and file.name in KNOWN:
            self._leave_out(file, KNOWN[file.name])
        elif not is_named and state.st_size > LARGEST_FILE:
            self._leave_out(file, f"{size(state.st_size)}, above {size(LARGEST_FILE)}")
        elif not os.access(file, os.R_OK):
            self._leave_out(file, "unreadable")
        else:
            self.files[self._name(file)] = state.st_size

    def _leave_out(self, path: Path, why: str) -> None:
        if path.name not in CACHES:
            self.left_out[self._name(path)] = why

    def _name(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()


def why_not_folder(folder: Path) -> str | None:
    """Return why a folder is not sent unless a rule names it; None if it is."""
    if folder.name in CACHES:
        return "cache"
    if folder.name in KNOWN:
        return KNOWN[folder.name]
    if (folder / "pyvenv.cfg").exists() or (folder / "conda-meta").exists():
        return "virtual environment"
    return "studies" if _has_studies(folder) else None


def _has_studies(folder: Path) -> bool:
    """Return whether a folder is a study, or has some in it."""
    try:
        with os.scandir(folder) as entries:
            return _is_study(folder) or any(_is_study(Path(one)) for one in entries)
    except OSError:
        return False


def _is_study(folder: Path) -> bool:
    return all((folder / one).exists() for one in (documents.IDENTITY, documents.EXPERIMENT))


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def largest(upload: Upload, most: int = 5) -> Mapping[str, int]:
    """Return the bytes of the largest files and folders at the top of what is sent."""
    found: dict[str, int] = {}
    for name, amount in upload.files.items():
        top = name.partition("/")[0]
        found[top] = found.get(top, 0) + amount
    return dict(sorted(found.items(), key=lambda item: -item[1])[:most])
