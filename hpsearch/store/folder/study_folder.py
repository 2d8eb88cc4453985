"""A study's folder: who may write it, what was searched in it, and whether that still fits.

One driver at a time, by a lock that the operating system frees when its process dies.
"""

import json
import os
import shutil
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from hpsearch.common import faults
from hpsearch.common.errors import UserError
from hpsearch.common.files import write_file
from hpsearch.experiment.names import LONGEST_NAME
from hpsearch.experiment.schema import Experiment, read_experiment
from hpsearch.experiment.yaml_file import dump_yaml
from hpsearch.store.folder.paths import StudyPaths

COMPARABLE = {"trainable", "objective", "seed", "params", "space"}
"""Sections that may not change within a study: its trials would mean different things."""


@dataclass(frozen=True)
class Identity:
    """What stays of a study for good. `source` is the experiment's file, absolute."""

    id: str
    source: str

    @property
    def folder(self) -> Path:
        """The experiment's folder, where its trainable stands."""
        return Path(self.source).parent


@contextmanager
def driver_lock(paths: StudyPaths) -> Iterator[None]:
    """Hold the study as its only driver; raises UserError where one is at work already."""
    lock = FileLock(paths.lock, timeout=0, mode=0o600)
    try:
        paths.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock.acquire()
    except Timeout:
        raise UserError(faults.study_busy(paths.name, _owner(paths))) from None
    except OSError as error:
        raise UserError(faults.folder_unwritable(paths.root, str(error))) from None
    try:
        owner = {"host": socket.gethostname(), "process": os.getpid()}
        with suppress(OSError):  # a full disk; it only tells others who is at work
            write_file(paths.lock_owner, json.dumps(owner).encode())
        yield
    finally:
        lock.release()


def is_driven(paths: StudyPaths) -> bool:
    """Return whether a driver holds the study now."""
    lock = FileLock(paths.lock, timeout=0, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        return True
    except OSError:  # a folder that may only be read
        return False
    lock.release()
    return False


def forget(paths: StudyPaths) -> None:
    """Remove a folder in which no search ever began, so that bad input leaves no trace."""
    if not paths.journal.exists():
        shutil.rmtree(paths.root, ignore_errors=True)


def settle(paths: StudyPaths, experiment: Experiment, source: Path) -> Identity:
    """Write the resolved experiment, or compare it with the one that the study was begun with.

    Raises UserError where they differ in what makes trials comparable and some trial is there.
    """
    text = dump_yaml(experiment.model_dump(mode="json")).encode()
    if paths.identity.exists():
        refuse_changes(paths, experiment)
        known = read_identity(paths).id
    else:
        known = uuid.uuid4().hex
    identity = Identity(known, str(source.resolve()))  # where it is now; folders are moved
    try:
        write_file(paths.experiment, text)
        write_file(
            paths.identity, json.dumps(asdict(identity)).encode()
        )  # last: now both are there
    except OSError as error:
        raise UserError(faults.folder_unwritable(paths.root, str(error))) from None
    return identity


def refuse_changes(paths: StudyPaths, experiment: Experiment) -> None:
    """Raise UserError where the study was begun with another space, objective or trainable."""
    differences = find_changes(paths, experiment)
    if differences:
        raise UserError(faults.study_changed(paths.name, differences))


def find_changes(paths: StudyPaths, experiment: Experiment) -> list[str]:
    """Return what differs from the experiment that the study was begun with, key by key."""
    before = _leaves(read_experiment(paths.experiment).model_dump(mode="json", include=COMPARABLE))
    after = _leaves(experiment.model_dump(mode="json", include=COMPARABLE))
    return [
        f"`{key}` was {before.get(key, 'not there')} and is {after.get(key, 'not there')}"
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    ]


def read_identity(paths: StudyPaths) -> Identity:
    """Return the identity of a study that exists."""
    return Identity(**json.loads(paths.identity.read_text()))


def begin_anew(paths: StudyPaths) -> None:
    """Remove what a study without a finished trial left behind; the driver's lock stays held."""
    for file in (paths.journal, paths.identity, paths.experiment):
        file.unlink(missing_ok=True)
    shutil.rmtree(paths.trials, ignore_errors=True)


def set_aside(paths: StudyPaths) -> None:
    """Rename a study's folder, so that its name is free; nothing of it is lost."""
    if paths.root.exists():
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        room = LONGEST_NAME - len(moment) - 1  # what it is called then is a study's name as well
        paths.root.rename(paths.root.with_name(f"{paths.name[:room]}.{moment}"))


def remove(paths: StudyPaths) -> None:
    """Remove a study's folder, or what a kill left of one; the driver's lock is held.

    Renamed first: a kill leaves no study with half of its files, which `run` would go on with.
    Links in it are removed, not followed. Raises OSError.
    """
    if paths.removed.exists():
        shutil.rmtree(paths.removed)
    if paths.root.exists():
        paths.root.rename(paths.removed)
        shutil.rmtree(paths.removed)


def _leaves(value: object, location: str = "") -> dict[str, str]:
    """Return nested dictionaries and lists as one, by dotted keys."""
    if isinstance(value, dict):
        pairs = [(str(key), child) for key, child in value.items()]
    elif isinstance(value, list) and any(isinstance(child, dict) for child in value):
        pairs = [(str(index), child) for index, child in enumerate(value)]
    else:
        return {location: repr(value)}
    return {
        key: text
        for name, child in pairs
        for key, text in _leaves(child, f"{location}.{name}".strip(".")).items()
    }


def _owner(paths: StudyPaths) -> str:
    try:
        owner = json.loads(paths.lock_owner.read_text())
        return f"process {owner['process']} on {owner['host']}"
    except (OSError, ValueError, KeyError):
        return "another process"
