"""Every name on disk is made here and stays under the study's folder."""

from dataclasses import dataclass
from pathlib import Path

from hpsearch.experiment.names import STUDY_NAME

STUDIES = Path("studies")
"""Where studies are kept, unless `--studies` says otherwise; relative to the current folder."""

MANIFEST_FILE = "manifest.json"
"""Beside files that belong together: what they hold, and their SHA-256. Written last."""


@dataclass(frozen=True)
class StudyPaths:
    """The files of one study. `root` is `studies/<name>`."""

    root: Path

    @property
    def name(self) -> str:
        return self.root.name

    @property
    def experiment(self) -> Path:
        """The resolved experiment: every default and every `--set` written out."""
        return self.root / "experiment.yaml"

    @property
    def identity(self) -> Path:
        """The study's id, and which file it was begun from."""
        return self.root / "study.json"

    @property
    def journal(self) -> Path:
        """Optuna's journal: the truth about every trial."""
        return self.root / "journal.log"

    @property
    def lock(self) -> Path:
        return self.root / "driver.lock"

    @property
    def lock_owner(self) -> Path:
        return self.root / "driver.json"

    @property
    def exports(self) -> Path:
        return self.root / "exports"

    @property
    def trials(self) -> Path:
        return self.root / "trials"

    def trial(self, number: int) -> Path:
        return self.trials / f"{number:05d}"

    def checkpoints(self, number: int) -> Path:
        return self.trial(number) / "checkpoints"

    def checkpoint(self, number: int, step: int) -> Path:
        return self.checkpoints(number) / f"step-{step:09d}"

    def artifacts(self, number: int) -> Path:
        """What the trainable put into `trial.artifacts`, kept for people."""
        return self.trial(number) / "artifacts"

    def evaluation(self, number: int) -> Path:
        """What the trial's model was found to be worth on the held-out data."""
        return self.trial(number) / "evaluation.json"

    @property
    def report(self) -> Path:
        """The study as one page for people."""
        return self.root / "report.html"

    @property
    def confirmation(self) -> "StudyPaths":
        """The best configurations trained again: a study of its own, inside this one."""
        return StudyPaths(self.root / "confirm")

    @property
    def contenders(self) -> Path:
        """Of a confirmation: which trials of the search it repeats, and from which seeds."""
        return self.root / "contenders.json"

    @property
    def final(self) -> "StudyPaths":
        """Of a confirmation: the winner trained on all that is not the test set."""
        return StudyPaths(self.root / "final")

    @property
    def confirmations(self) -> "list[StudyPaths]":
        """The confirmation, and those that `confirm --fresh` put aside; each has its own id."""
        return [StudyPaths(file.parent) for file in sorted(self.root.glob("confirm*/study.json"))]

    @property
    def removed(self) -> Path:
        """What the folder is called while it is removed; no study has such a name."""
        return self.root.with_name(f".{self.name}.removed")

    def export(self, number: int) -> Path:
        return self.exports / f"trial-{number:05d}"


def study_paths(studies: Path, name: str) -> StudyPaths:
    """Return the paths of a study; raise ValueError where the name would leave the folder."""
    if STUDY_NAME.fullmatch(name) is None:
        raise ValueError(name)
    return StudyPaths(studies / name)


def list_studies(studies: Path) -> list[StudyPaths]:
    """Return the studies that stand in a folder, by name; what a killed `rm` left is none."""
    found = [StudyPaths(file.parent) for file in studies.glob("*/journal.log")]
    return sorted((p for p in found if not p.name.startswith(".")), key=lambda p: p.name)
