"""Which code a study ran: versions of packages, the commit and the hash of the trainable's file."""

import hashlib
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hpsearch.experiment import Experiment

PACKAGES = ("hpsearch", "torch", "torchvision", "optuna", "ray", "mlflow")


def describe_code(experiment: "Experiment", folder: Path) -> dict[str, str]:
    """Return tags that say which code ran; what is not known is left out."""
    tags = {f"version.{name}": found for name in PACKAGES if (found := _version(name))}
    if commit := _commit(folder):
        tags["code.commit"] = commit
    file = _file(experiment, folder)
    if file is not None:
        tags["code.sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    return tags


def _file(experiment: "Experiment", folder: Path) -> Path | None:
    """Return the file of a trainable; of a command the first word that is a file."""
    words = [experiment.reference.rpartition(":")[0]]
    if experiment.command is not None:
        words = experiment.command.line.split()
    return next((folder / word for word in words if (folder / word).is_file()), None)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _commit(folder: Path) -> str | None:
    """Return the commit of the folder's repository, marked if files differ from it."""
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=40"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None
