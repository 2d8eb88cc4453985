"""A trial's files in a bucket, as a worker with credentials of its own puts and reads them."""

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from obstore.exceptions import BaseError

from hpsearch.common.checkpoints import StoredFile
from hpsearch.common.chunks import Chunk, write_chunks
from hpsearch.common.errors import HpsearchError
from hpsearch.common.files import inside
from hpsearch.store.bucket.connection import Connection
from hpsearch.store.bucket.files import BucketFiles
from hpsearch.store.bucket.loop import run
from hpsearch.store.bucket.objects import Objects

UPLOAD_SECONDS = 30.0
"""How long a checkpoint waits for a store that does not answer: training stands still meanwhile."""


@dataclass(frozen=True)
class BucketTrialFiles:
    """See `TrialFiles`. What is not committed lies below `incoming`."""

    connection: Connection
    incoming: str
    checkpoints: str
    probe: str
    word: str

    def is_reachable(self) -> bool:
        """Return whether this process sees what the driver wrote, not another such bucket."""
        try:
            return self.connection.get(self.probe) == self.word.encode()
        except (HpsearchError, BaseError, OSError):
            return False

    def put(self, reference: str, name: str, file: Path) -> StoredFile:
        """Upload the file in parts."""
        with file.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
        self._upload(reference, name, file)
        return StoredFile(file.stat().st_size, digest)

    def write(self, reference: str, name: str, chunks: Iterable[Chunk]) -> None:
        """Upload a file once all of its chunks are on this machine's disk."""
        with tempfile.TemporaryDirectory(prefix="hpsearch-upload-") as folder:
            file = Path(folder, "file")
            write_chunks(file, chunks, durably=False)
            self._upload(reference, name, file)

    def read(self, reference: str, name: str) -> Iterator[Chunk]:
        path = f"{self.checkpoints}/{inside(reference)}/{inside(name)}"
        with _refused_as_os_error():
            objects = self._objects()
            meta = run(objects.head(path))
            if meta is None:
                raise FileNotFoundError(name)
            for part in meta.parts():
                yield run(objects.read_part(path, part))

    def discard(self, reference: str) -> None:
        with _refused_as_os_error():
            BucketFiles(self._objects()).remove(f"{self.incoming}/{inside(reference)}")

    def _upload(self, reference: str, name: str, file: Path) -> None:
        path = f"{self.incoming}/{inside(reference)}/{inside(name)}"
        with _refused_as_os_error():
            run(self._objects().upload(path, file))

    def _objects(self) -> Objects:
        objects = Objects(self.connection)
        objects.patience.seconds = UPLOAD_SECONDS
        return objects


@contextmanager
def _refused_as_os_error() -> Iterator[None]:
    """Raise OSError if the bucket refuses: a worker goes on without the checkpoint."""
    try:
        yield
    except HpsearchError as error:
        raise OSError(str(error)) from None
