"""A trial's files in a bucket, as the driver puts and reads them; a worker's go through it.

The lease is the driver's: every write is refused once it has lost it.
"""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from hpsearch.common.checkpoints import NoFiles, StoredFile
from hpsearch.common.chunks import CHUNK_BYTES, Chunk, Digest, read_chunks, write_chunks
from hpsearch.common.files import inside
from hpsearch.store.bucket.files import BucketFiles


class BucketTrialFiles:
    """See `TrialFiles`; another process, which gets it pickled, does not reach the bucket."""

    def __init__(self, files: BucketFiles, incoming: str, kept: str) -> None:
        self._files = files
        self._incoming = incoming
        self._kept = kept

    def __reduce__(self) -> tuple[type[NoFiles], tuple[()]]:
        return NoFiles, ()

    def is_reachable(self) -> bool:
        return True

    def put(self, reference: str, name: str, file: Path) -> StoredFile:
        path, digest = self._path(reference, name), Digest()
        for chunk in read_chunks(file):
            digest.update(chunk)
        self._files.upload(path, file)
        return StoredFile(digest.size, digest.sha256)

    def write(self, reference: str, name: str, chunks: Iterable[Chunk]) -> None:
        """Write it to this machine's disk first: a request that fails is tried again."""
        path = self._path(reference, name)
        with tempfile.TemporaryDirectory(prefix="hpsearch-upload-") as folder:
            write_chunks(Path(folder, "file"), chunks, durably=False)
            self._files.upload(path, Path(folder, "file"))

    def read(self, reference: str, name: str) -> Iterator[Chunk]:
        yield from self._files.parts(
            f"{self._kept}/{inside(reference)}/{inside(name)}", CHUNK_BYTES
        )

    def discard(self, reference: str) -> None:
        self._files.remove(f"{self._incoming}/{inside(reference)}")

    def _path(self, reference: str, name: str) -> str:
        return f"{self._incoming}/{inside(reference)}/{inside(name)}"
