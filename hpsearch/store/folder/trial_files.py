"""A trial's files on disk, as a worker that sees the study's folder puts and reads them."""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hpsearch.common.checkpoints import StoredFile
from hpsearch.common.chunks import (
    Chunk,
    Digest,
    flush_and_hash,
    hashed,
    read_chunks,
    write_chunks,
)
from hpsearch.common.files import inside


@dataclass(frozen=True)
class FolderTrialFiles:
    """See `TrialFiles`. What is not committed lies in `incoming`.

    A worker sees the folders if it finds the driver's `word` in the file `probe`; an equal path on
    another machine has another word, or none.
    """

    incoming: Path
    checkpoints: Path
    probe: Path
    word: str

    def is_reachable(self) -> bool:
        try:
            is_here = self.probe.read_text() == self.word
        except (OSError, ValueError):
            return False
        return is_here and os.access(self.probe.parent, os.W_OK)

    def put(self, reference: str, name: str, file: Path) -> StoredFile:
        """Move the file if that is possible and nobody else has it, else copy it."""
        target = self._target(reference, name)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if _moved(file, target):
            return StoredFile(target.stat().st_size, flush_and_hash(target))
        digest = Digest()
        write_chunks(target, hashed(read_chunks(file), digest))
        return StoredFile(digest.size, digest.sha256)

    def write(self, reference: str, name: str, chunks: Iterable[Chunk]) -> None:
        write_chunks(self._target(reference, name), chunks)

    def read(self, reference: str, name: str) -> Iterator[Chunk]:
        return read_chunks(self.checkpoints / inside(reference) / inside(name))

    def discard(self, reference: str) -> None:
        shutil.rmtree(self.incoming / inside(reference), ignore_errors=True)

    def _target(self, reference: str, name: str) -> Path:
        return self.incoming / inside(reference) / inside(name)


def _moved(file: Path, target: Path) -> bool:
    """Move a file unless it has another name, by which it could be changed later."""
    if file.stat().st_nlink > 1:
        return False
    with suppress(OSError):  # another disk
        file.replace(target)
        target.chmod(0o600)
        return True
    return False
