"""Studies as folders: writes are atomic, and the files are private to their owner."""

from pathlib import Path

from hpsearch.common.errors import UserError
from hpsearch.common.names import STUDY_NAME
from hpsearch.store import faults
from hpsearch.store.folder.study import FolderStudy

__all__ = ["FolderStore", "FolderStudy"]


class FolderStore:
    """See `port.Store`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def address(self) -> str:
        return str(self._folder)

    def names(self) -> list[str]:
        """Return the studies in the folder; the rest of a killed removal is not one."""
        try:
            folders = [*self._folder.iterdir()]
        except OSError:  # there is none yet
            return []
        named = [one for one in folders if STUDY_NAME.fullmatch(one.name)]
        return sorted(one.name for one in named if FolderStudy(one).exists())

    def study(self, name: str) -> FolderStudy:
        if STUDY_NAME.fullmatch(name) is None:
            raise UserError(faults.study_missing(name, self.address, self.names()))
        return FolderStudy(self._folder / name)
