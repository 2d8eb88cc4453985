"""Files and folders that are there whole or not at all, and on the disk when the call returns."""

import os
import shutil
import stat
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TypeGuard

from hpsearch.common.chunks import read_chunks, write_chunks

LARGE_BYTES = 16 * 2**20
"""A folder of this size is deleted in a thread: 1 GB took 0.25 s (ext4, `discard`, 2026-11)."""


def is_path(given: object) -> TypeGuard[str | Path]:
    """Return whether this is the path of a file or folder that there may be."""
    with suppress(UnicodeError):
        return isinstance(given, str | Path) and b"\0" not in os.fsencode(given)
    return False


def is_there(path: Path) -> bool:
    """Return whether a file or folder is there; not if its name is too long for one."""
    with suppress(OSError):
        return path.exists()
    return False


def write_folder(folder: Path, files: Mapping[str, bytes | Path]) -> None:
    """Write the files as a new folder that is there whole or not at all, on disk when this returns.

    What is given as a path is copied, in chunks. An older folder of that name is replaced. Raises
    ValueError if a name would leave the folder.
    """
    aside = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True, mode=0o700)
    try:
        for name, data in files.items():
            chunks = read_chunks(data) if isinstance(data, Path) else [data]
            write_chunks(aside / inside(name), chunks)
        put_in_place(aside, folder)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise


def put_in_place(aside: Path, folder: Path) -> None:
    """Give a folder whose files are on the disk its name, durably; an older one is replaced."""
    _flush(aside)
    if folder.is_dir() and not folder.is_symlink():
        remove_folder(folder)
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside.replace(folder)
    _flush(folder.parent)


def remove_folder(folder: Path) -> None:
    """Remove a folder: its name at once, the files of a large one in a thread of their own.

    What a kill leaves begins with a dot. Raises OSError if the folder cannot be removed.
    """
    removed = folder.with_name(f".{folder.name}.removed")
    shutil.rmtree(removed, ignore_errors=True)
    folder.rename(removed)
    if folder_size(removed) < LARGE_BYTES:
        shutil.rmtree(removed)
    else:
        threading.Thread(
            target=shutil.rmtree, args=(removed, True), name="hpsearch-removal"
        ).start()


def folder_size(folder: Path) -> int:
    """Return the bytes of all files below a folder; links and what goes meanwhile don't count."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            status = path.lstat()
            total += status.st_size if stat.S_ISREG(status.st_mode) else 0
    return total


def write_file(path: Path, data: bytes) -> None:
    """Write a file aside, flush it and put it in place: the old content or the new, never half."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        _write(aside, data)
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    _flush(path.parent)


def read_folder(folder: Path) -> dict[str, bytes]:
    """Return all files below a folder, by their relative name with `/`; links are left out."""
    return {name: file.read_bytes() for name, file in files_below(folder)}


def files_below(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield all files below a folder with their relative name; links are left out."""
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not file.is_symlink():
            yield file.relative_to(folder).as_posix(), file


def inside(name: str) -> PurePosixPath:
    """Return a relative name as a path; raise ValueError if it leads out of its folder."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\0" in name or not path.parts:
        raise ValueError(f"{name!r} leads out of its folder")
    return path


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb", opener=_private) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _flush(folder: Path) -> None:
    """Flush a folder's entries, so that a rename in it outlasts a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
