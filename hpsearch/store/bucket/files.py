"""Files and folders made of objects; see `memory/files.py` for the same in memory."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from hpsearch.common.files import write_folder
from hpsearch.store.bucket.connection import Meta
from hpsearch.store.bucket.loop import run
from hpsearch.store.bucket.objects import Objects


class BucketFiles:
    """A folder is what the paths of the objects below it begin with."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self.address = objects.address

    def read(self, path: str) -> bytes | None:
        """Return a file, or None if there is none."""
        return run(self._objects.read(path))

    def write(self, path: str, data: bytes) -> None:
        """Write a file; an earlier one is replaced."""
        run(self._objects.write(path, data))

    def write_all(self, folder: str, files: Mapping[str, bytes]) -> None:
        """Write files into a folder, in no order."""
        run(self._objects.write_all({f"{folder}/{name}": data for name, data in files.items()}))

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
        found = self.read_folder(folder)
        if not found:
            yield None
            return
        with tempfile.TemporaryDirectory(prefix=f"hpsearch-{name}-") as temporary:
            write_folder(Path(temporary, name), found)
            yield Path(temporary, name)

    def rename(self, folder: str, new: str) -> None:
        """Rename a folder, object by object."""
        paths = [meta.path for meta in self.below(folder).values()]
        run(self._objects.copy({path: new + path.removeprefix(folder) for path in paths}))
        run(self._objects.remove(paths))

    def remove(self, folder: str) -> None:
        """Remove all that is below a folder."""
        run(self._objects.remove([meta.path for meta in self.below(folder).values()]))

    def remove_below(self, folder: str, name: str) -> None:
        """Remove all that is in folders of that name, which are two levels below a folder."""
        paths = [
            meta.path for path, meta in self.below(folder).items() if path.split("/")[1] == name
        ]
        run(self._objects.remove(paths))

    def folders(self, folder: str) -> list[str]:
        """Return the names of the folders in a folder."""
        return run(self._objects.names(folder or None))[0]
