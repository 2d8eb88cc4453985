"""Files and folders made of objects; see `memory/files.py` for the same in memory."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hpsearch.common.chunks import write_chunks
from hpsearch.common.files import inside
from hpsearch.store.bucket.connection import Meta
from hpsearch.store.bucket.loop import run, start
from hpsearch.store.bucket.objects import Check, Objects, nothing_to_check


class BucketFiles:
    """A folder is what the paths of the objects below it begin with."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self.connection = objects.connection

    @property
    def held_by(self) -> Check | None:
        """What guards the lease that is held now: nobody else writes meanwhile. None without."""
        check = self._objects.check
        return None if check is nothing_to_check else check

    def read(self, path: str) -> bytes | None:
        """Return a file, or None if there is none."""
        return run(self._objects.read(path))

    def write(self, path: str, data: bytes) -> None:
        """Write a file; an earlier one is replaced."""
        run(self._objects.write(path, data))

    def below(self, folder: str) -> dict[str, Meta]:
        """Return what is below a folder, by the path relative to it."""
        found = run(self._objects.below(folder))
        return {meta.path[len(folder) + 1 :]: meta for meta in found}

    def read_folder(self, folder: str) -> dict[str, bytes]:
        """Return the files below a folder, by their path relative to it."""
        names = [*self.below(folder)]
        found = run(self._objects.read_all([f"{folder}/{name}" for name in names]))
        read = zip(names, found, strict=True)
        return {name: data for name, data in read if data is not None}

    @contextmanager
    def on_disk(self, folder: str, name: str) -> Iterator[Path | None]:
        """Give a temporary folder of that name with the files below a folder; None without any."""
        found = self.below(folder)
        if not found:
            yield None
            return
        with tempfile.TemporaryDirectory(prefix=f"hpsearch-{name}-") as temporary:
            for path, meta in found.items():
                file = Path(temporary, name) / inside(path)
                write_chunks(file, self._chunks(f"{folder}/{path}", meta), durably=False)
            yield Path(temporary, name)

    def _chunks(self, path: str, meta: Meta) -> Iterator[bytes]:
        return (run(self._objects.read_part(path, part)) for part in meta.parts())

    def rename(self, folder: str, new: str) -> None:
        """Rename a folder, object by object."""
        self.move(folder, new, self.below(folder))

    def move(self, folder: str, new: str, names: Iterable[str]) -> None:
        """Move files to another folder, by their path relative to it."""
        names = [*names]
        run(self._objects.copy({f"{folder}/{name}": f"{new}/{name}" for name in names}))
        self.discard(folder, names)

    def remove(self, folder: str) -> None:
        """Remove all that is below a folder."""
        self.discard(folder, self.below(folder))

    def discard(self, folder: str, names: Iterable[str], *, wait: bool = True) -> None:
        """Remove files below a folder, by their path relative to it.

        If not told to `wait`, the holder of the lease goes on meanwhile.
        """
        removal = self._objects.remove([f"{folder}/{name}" for name in names])
        if wait or self.held_by is None:
            run(removal)
        else:
            self._objects.background.add(start(removal))

    def settle(self) -> None:
        """Return when what was not waited for is over."""
        self._objects.settle()

    def remove_below(self, folder: str, name: str) -> None:
        """Remove all that is in folders of that name, which are two levels below a folder."""
        self.discard(
            folder, [path for path in self.below(folder) if path.split("/")[1:2] == [name]]
        )

    def names(self, folder: str) -> list[str]:
        """Return the paths of the files below a folder, relative to it."""
        return [*self.below(folder)]

    def folders(self, folder: str) -> list[str]:
        """Return the names of the folders in a folder."""
        return run(self._objects.names(folder or None))[0]
