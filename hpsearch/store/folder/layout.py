"""The files of a study in a folder. Every name on disk is made here and stays under the study's."""

from dataclasses import dataclass
from pathlib import Path

from hpsearch.common.files import inside
from hpsearch.store import documents
from hpsearch.store.port import StudyPart

PART_FOLDERS: dict[StudyPart, str] = {"confirmation": "confirm", "final": "final"}


@dataclass(frozen=True)
class Layout:
    """The files of one study. `root` is `studies/<name>`."""

    root: Path

    def document(self, name: str) -> Path:
        """Return a document's file; raises ValueError if the name leads out of the study."""
        return self.root / inside(name)

    @property
    def journal(self) -> Path:
        return self.root / documents.JOURNAL

    @property
    def experiment(self) -> Path:
        return self.root / documents.EXPERIMENT

    @property
    def identity(self) -> Path:
        return self.root / documents.IDENTITY

    @property
    def trials(self) -> Path:
        return self.root / documents.TRIALS

    @property
    def logs(self) -> Path:
        """What attempts printed; workers that see this folder write there themselves."""
        return self.root / documents.LOGS

    def trial_logs(self, number: int) -> Path:
        return self.root / documents.trial_logs(number)

    def log(self, number: int, attempt: int) -> Path:
        return self.root / documents.attempt_log(number, attempt)

    @property
    def lock(self) -> Path:
        return self.root / "driver.lock"

    @property
    def lock_owner(self) -> Path:
        """Who holds the lock, for people."""
        return self.root / "driver.json"

    @property
    def exports(self) -> Path:
        return self.root / "exports"

    def checkpoints(self, number: int) -> Path:
        return self.root / documents.checkpoints(number)

    def checkpoint(self, number: int, step: int) -> Path:
        return self.root / documents.checkpoint(number, step)

    def incoming(self, number: int) -> Path:
        return self.root / documents.incoming(number)

    @property
    def probe(self) -> Path:
        return self.root / documents.PROBE

    def artifacts(self, number: int) -> Path:
        return self.root / documents.artifacts(number)

    def export(self, number: int) -> Path:
        return self.exports / f"trial-{number:05d}"

    def part(self, kind: StudyPart) -> Path:
        """Return the root of a study inside this one."""
        return self.root / PART_FOLDERS[kind]

    def confirmations(self) -> list[Path]:
        """Return the roots of the confirmation and of those that were archived."""
        begun = self.root.glob(f"{PART_FOLDERS['confirmation']}*/{documents.IDENTITY}")
        return [file.parent for file in sorted(begun)]

    @property
    def removed(self) -> Path:
        """What the folder is called while it is removed; no study has such a name."""
        return self.root.with_name(f".{self.root.name}.removed")
