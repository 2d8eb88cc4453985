"""Files that a person asked for, at a path of their own."""

from pathlib import Path

from hpsearch.common.errors import UserError
from hpsearch.common.files import is_there, write_file
from hpsearch.store import folder_unwritable
from hpsearch.usecases import faults


def refuse_existing(path: Path | None, *, force: bool) -> None:
    """Raise UserError if the file exists and may not be replaced; before anything takes time."""
    if path is not None and is_there(path) and not force:
        raise UserError(faults.file_exists(path))


def write_output(path: Path, data: bytes) -> None:
    """Write the file and the folders above it; raises UserError if that is impossible."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, data)
    except OSError as error:
        raise UserError(folder_unwritable(path.parent, str(error))) from None
