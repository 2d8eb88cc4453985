"""Files of any size in chunks: read, hashed and written without being in memory whole."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

CHUNK_BYTES = 4 * 2**20
"""How much of a file is in memory at once."""

Chunk = bytes | memoryview


class Digest:
    """The size and the SHA-256 of what has gone by."""

    def __init__(self) -> None:
        self.size = 0
        self._hash = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def update(self, chunk: Chunk) -> None:
        self._hash.update(chunk)
        self.size += len(chunk)


def read_chunks(file: Path) -> Iterator[Chunk]:
    """Yield a file's content; each chunk is valid until the next."""
    buffer = memoryview(bytearray(CHUNK_BYTES))
    with file.open("rb", buffering=0) as opened:
        while count := opened.readinto(buffer):
            yield buffer[:count]


def hashed(chunks: Iterable[Chunk], digest: Digest) -> Iterator[Chunk]:
    """Yield the chunks while they are hashed in another thread: both take as long as the slower."""
    with ThreadPoolExecutor(1, "hpsearch-hash") as thread:
        for chunk in chunks:
            hashing = thread.submit(digest.update, chunk)
            yield chunk
            hashing.result()


def write_chunks(file: Path, chunks: Iterable[Chunk], *, durably: bool = True) -> None:
    """Write a file that only its owner reads; on failure, none is left."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with open(file, "wb", buffering=0, opener=_private) as opened:
            for chunk in chunks:
                _write_all(opened.fileno(), chunk)
            if durably:
                os.fsync(opened.fileno())
    except BaseException:
        file.unlink(missing_ok=True)
        raise


def flush_and_hash(file: Path) -> str:
    """Return the SHA-256 of a file that is on the disk when this returns."""
    with file.open("rb") as opened, ThreadPoolExecutor(1, "hpsearch-flush") as thread:
        flushing = thread.submit(os.fsync, opened.fileno())
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
        flushing.result()
    return digest


def _write_all(descriptor: int, chunk: Chunk) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
