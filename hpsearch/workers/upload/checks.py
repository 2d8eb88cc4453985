"""What is refused before anything is sent to a cluster, and what is said about it."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from hpsearch.common.errors import Fault, UserError
from hpsearch.common.redaction import redacted
from hpsearch.common.text import size
from hpsearch.experiment import Experiment, Resources
from hpsearch.trainable import locate
from hpsearch.workers.upload import faults
from hpsearch.workers.upload.copies import Copy
from hpsearch.workers.upload.upload import Upload, largest

RAYS_LIMIT = 512 * 1024 * 1024
"""Bytes that Ray takes in one message."""

LIMIT_VARIABLE = "RAY_max_grpc_message_size"


def sent_folder(resources: Resources, folder: Path) -> Path:
    """Return the folder that a cluster gets: the experiment's, or one above it."""
    root = _named_folder(resources, folder)
    return root if root in (folder, *folder.parents) else folder


def _named_folder(resources: Resources, folder: Path) -> Path:
    given = _working_dir(resources)
    if not given or "://" in given:
        return folder
    root = Path(os.path.normpath(folder / Path(given).expanduser()))
    return root if root in (folder, *folder.parents) else root.resolve()


def address_of(resources: Resources) -> str | None:
    """Return the address from which the machines get the code; None if it is sent."""
    given = _working_dir(resources)
    return given if "://" in given else None


def relative_folder(resources: Resources, folder: Path) -> Path:
    """Return the experiment's folder within what is sent."""
    return folder.relative_to(sent_folder(resources, folder))


def copy_of(resources: Resources, folder: Path) -> Copy | None:
    """Return what workers know of their copy of the experiment's folder; None if they have none."""
    if resources.ray_address is None:
        return None
    root = sent_folder(resources, folder)
    left_out = {} if address_of(resources) else Upload.of(root).left_out
    return Copy(root, left_out)


def _working_dir(resources: Resources) -> str:
    environment = resources.runtime_env
    return (environment.working_dir or "") if environment is not None else ""


def upload_faults(experiment: Experiment, folder: Path) -> list[Fault]:
    """Return what is wrong with what a cluster would get of the experiment's folder."""
    resources = experiment.resources
    if resources.ray_address is None or address_of(resources) is not None:
        return []
    root = _named_folder(resources, folder)
    working_dir = _working_dir(resources)
    if not root.is_dir():
        return [faults.working_dir_missing(working_dir, folder)]
    if root not in (folder, *folder.parents):
        return [faults.working_dir_elsewhere(working_dir, folder)]
    upload = Upload.of(root)
    return [*_code_faults(experiment, folder, upload), *_size_faults(upload)]


def describe_upload(experiment: Experiment, folder: Path) -> str | None:
    """Say what a cluster gets; None if the search is on this machine."""
    resources = experiment.resources
    if resources.ray_address is None:
        return None
    if (address := address_of(resources)) is not None:
        return f"the cluster gets {redacted(address)}"
    return Upload.of(sent_folder(resources, folder)).describe()


def upload_notices(resources: Resources) -> list[str]:
    """Return what is set and has no use."""
    if resources.ray_address is not None or resources.runtime_env is None:
        return []
    return ["`resources.runtime_env` is for a cluster: this search, on this machine, ignores it"]


def _size_faults(upload: Upload) -> Iterator[Fault]:
    limit = _limit()
    if upload.size >= limit:
        parts = [f"{name} ({size(amount)})" for name, amount in largest(upload).items()]
        yield faults.upload_too_large(upload.root, upload.size, limit, parts)


def _limit() -> int:
    """Return how many bytes Ray takes, by what it reads from the environment itself."""
    given = os.environ.get(LIMIT_VARIABLE, "")
    return int(given) if given.isdigit() else RAYS_LIMIT


def _code_faults(experiment: Experiment, folder: Path, upload: Upload) -> Iterator[Fault]:
    for file in _needed(experiment, folder):
        if upload.root in file.parents and (why := upload.why_not(file)) is not None:
            yield faults.code_not_sent(file, why)


def _needed(experiment: Experiment, folder: Path) -> Iterator[Path]:
    """Yield the files without which no trial runs: the trainable's, or those a command names."""
    command = experiment.command
    if command is not None:
        words = [command.command] if isinstance(command.command, str) else command.command
        named = [Path(os.path.normpath(folder / word)) for word in words if "${" not in word]
        yield from (one for one in named if os.path.lexists(one))
    elif experiment.function is None:
        with suppress(UserError):  # which is said elsewhere
            file = locate(experiment.reference, folder).file
            yield from [] if file is None else [file]
