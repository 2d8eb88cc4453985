"""The copy of a folder as one file: the same content gives the same bytes.

By them Ray knows a copy that the machines of a cluster have already.
"""

import shutil
from contextlib import suppress
from pathlib import Path
from zipfile import ZipFile, ZipInfo

from hpsearch.workers.upload.upload import Upload

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every file: the least that a zip knows."""


def write_archive(upload: Upload, target: Path) -> None:
    """Write what is sent as a zip, not compressed; a file that has gone meanwhile is not in it."""
    with ZipFile(target, "w") as archive:
        for name in upload.folders:
            archive.writestr(ZipInfo(f"{name}/", EPOCH), b"")
        for name in upload.files:
            with suppress(FileNotFoundError):
                _add(archive, upload.root / name, name)


def _add(archive: ZipFile, file: Path, name: str) -> None:
    info = ZipInfo.from_file(file, name, strict_timestamps=False)
    info.date_time = EPOCH
    with file.open("rb") as source, archive.open(info, "w") as target:
        shutil.copyfileobj(source, target, 1 << 20)
