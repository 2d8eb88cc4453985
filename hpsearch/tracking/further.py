"""The recorders beside MLflow that an experiment may name as `tracking.also`."""

from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from hpsearch.common.errors import Fault
from hpsearch.tracking import faults
from hpsearch.tracking.study_card import StudyCard
from hpsearch.tracking.target_recorder import TargetRecorder

if TYPE_CHECKING:
    from hpsearch.tracking.port import Recorder
    from hpsearch.tracking.writer import Target

Make = Callable[[StudyCard, Path], "Target"]
"""Makes a target of a study, with a folder for its files."""


def recorder_faults(names: Sequence[str]) -> list[Fault]:
    """Return which of the recorders lack their package; imports none."""
    return [faults.recorder_missing(name) for name in names if find_spec(name) is None]


def further_recorders(
    names: Sequence[str],
    card: StudyCard,
    folder_of: Callable[[str], Path],
    notify: Callable[[str], None],
    *,
    may_write: Callable[[], bool] = lambda: True,
) -> "list[Recorder]":
    """Return these recorders, not opened yet; `folder_of` gives each a folder for its files.

    While `may_write` returns False, they write nothing.
    """

    def recorder(name: str) -> "Recorder":
        title, make = _KINDS[name]
        return TargetRecorder(
            title, lambda: make(card, folder_of(name)), notify, may_write=may_write
        )

    return [recorder(name) for name in dict.fromkeys(names)]


def _tensorboard(card: StudyCard, folder: Path) -> "Target":
    from hpsearch.tracking.tensorboard import TensorBoardTarget

    return TensorBoardTarget(folder, card.goals)


def _wandb(card: StudyCard, folder: Path) -> "Target":
    from hpsearch.tracking.wandb import WandbTarget

    return WandbTarget(card, folder)


_KINDS: Mapping[str, tuple[str, Make]] = {
    "tensorboard": ("TensorBoard", _tensorboard),
    "wandb": ("W&B", _wandb),
}
