"""What a study was begun with, and what of it may not change: else its trials mean other things."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from hpsearch.common.errors import UserError
from hpsearch.experiment import Experiment, dump_yaml, read_stored, unamendable
from hpsearch.experiment.faults import yaml_unreadable
from hpsearch.store import StudyStore, study_incomplete
from hpsearch.store.documents import EXPERIMENT, IDENTITY
from hpsearch.usecases import faults
from hpsearch.usecases.differences import differences
from hpsearch.usecases.source import Source


@dataclass(frozen=True)
class Identity:
    """What stays of a study for good.

    `source` is the experiment's file, absolute. It is empty if Python code made the experiment;
    `home` is the folder in which that code ran.
    """

    id: str
    source: str
    home: str = ""

    @property
    def folder(self) -> Path:
        """The experiment's folder, where its trainable stands."""
        return Path(self.home or Path(self.source).parent)

    @property
    def begun_from(self) -> str:
        """The experiment's file, or what else it came from, for people."""
        return self.source or f"Python code in {self.home}"

    def source_of(self, experiment: Experiment) -> Source:
        """Return where an experiment of the same origin comes from."""
        return Source(experiment, Path(self.source) if self.source else None, self.folder)


IDENTITY_KEYS = {field.name for field in fields(Identity)}


def record_experiment(store: StudyStore, source: Source) -> Identity:
    """Write the resolved experiment, or compare it with the one that the study was begun with.

    Raises UserError if they differ in what makes trials comparable.
    """
    experiment = source.experiment
    if store.has(IDENTITY):
        refuse_changes(store, source)
        known = read_identity(store).id
    else:
        known = uuid.uuid4().hex
    # where it is now; folders are moved
    file, home = (str(source.file), "") if source.file is not None else ("", str(source.folder))
    identity = Identity(known, file, home)
    store.write(EXPERIMENT, dump_yaml(experiment.model_dump(mode="json")).encode())
    store.write(IDENTITY, json.dumps(asdict(identity)).encode())  # last: now both are there
    return identity


@contextmanager
def kept_if_refused(store: StudyStore) -> Iterator[None]:
    """Leave a study the experiment that it has if UserError leaves this block: nothing was started.

    Else what is refused, such as GPUs that no machine has, would be what the next `run` asks for.
    """
    before: dict[str, bytes | None] = {}
    with suppress(OSError):  # if one cannot be read, the block says so
        before = {name: store.read(name) for name in (EXPERIMENT, IDENTITY)}
    try:
        yield
    except UserError:
        for name, data in before.items():
            if data is not None and store.read(name) != data:
                store.write(name, data)
        raise


def refuse_changes(store: StudyStore, source: Source) -> None:
    """Raise UserError if the study was begun with another space, objective or trainable."""
    if changes := find_changes(store, source.experiment):
        amendable = is_amendable(store, source.experiment)
        raise UserError(
            faults.study_changed(store.name, changes, source.shown_file, amendable=amendable)
        )


def find_changes(store: StudyStore, experiment: Experiment) -> list[str]:
    """Return what differs from the experiment that the study was begun with, key by key."""
    return differences(read_recorded(store), experiment)


def is_amendable(store: StudyStore, experiment: Experiment) -> bool:
    """Return whether the study's trials mean the same in the experiment: `amend` may take them."""
    return not unamendable(read_recorded(store), experiment)


def read_recorded(store: StudyStore) -> Experiment:
    """Return the experiment that the study was begun with; raises UserError if it is unreadable."""
    path = Path(store.locate(EXPERIMENT))
    try:
        text = _required(store, EXPERIMENT).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(yaml_unreadable(path, str(error))) from None
    return read_stored(text, path)


def read_identity(store: StudyStore) -> Identity:
    """Return the identity of a study that was begun; raises UserError if it is unreadable."""
    try:
        known = json.loads(_required(store, IDENTITY))
        # a later version may have written more
        return Identity(**{key: known[key] for key in IDENTITY_KEYS & known.keys()})
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise UserError(study_incomplete(store.name, IDENTITY, f"{error}.")) from None


def _required(store: StudyStore, document: str) -> bytes:
    data = store.read(document)
    if data is None:
        why = f"there is no {store.locate(document)}."
        raise UserError(study_incomplete(store.name, document, why))
    return data
