"""The journal in a bucket: what is appended goes out as one segment at each flush."""

import uuid
from contextlib import suppress

from hpsearch.common.errors import HpsearchError
from hpsearch.store.bucket.loop import run
from hpsearch.store.bucket.objects import Objects
from hpsearch.store.bucket.reader import Reader
from hpsearch.store.bucket.segments import Segment, Segments
from hpsearch.store.bucket.writer import Writer
from hpsearch.store.documents import JOURNAL


class BucketJournal:
    """See `store.JournalLog`. A writer holds the study's lease."""

    def __init__(self, objects: Objects, root: str, *, name: str, writable: bool) -> None:
        self.address = f"{objects.address}/{root}/{JOURNAL}"
        self._reader = Reader(Segments(objects, root))
        self._writer = Writer(objects, root, name) if writable else None
        if self._writer is not None:
            run(self._writer.begin())

    def read(self) -> bytes:
        """Return the whole lines that were appended since the last call."""
        if self._writer is not None:
            self.flush()
        return run(self._reader.lines())

    def read_external(self) -> bytes:
        """Return nothing: another writer's segment collides with ours."""
        return b""

    def append(self, data: bytes) -> None:
        """Append lines; raises SearchFailed if those before were refused."""
        assert self._writer is not None  # noqa: S101 (a reader does not append)
        self._writer.append(data)

    def flush(self, *, wait: bool = True) -> None:
        """Return when all that was appended is in the bucket; raises SearchFailed if refused."""
        assert self._writer is not None  # noqa: S101
        self._writer.flush(wait=wait)

    def close(self) -> None:
        """Write what nobody flushed, if that is possible."""
        if self._writer is not None:
            with suppress(HpsearchError):
                self._writer.close()


async def whole_journal(objects: Objects, root: str) -> bytes | None:
    """Return all bytes of a journal, also a half line at its end; None if there is none."""
    segments = Segments(objects, root)
    reader = Reader(segments)
    lines = await reader.lines()
    return lines + reader.half if segments.is_open else None


async def replaced(objects: Objects, root: str, data: bytes) -> None:
    """Have this be the whole journal from now on; a driver that wrote it is refused."""
    segments = Segments(objects, root)
    await segments.open(begin=True)
    segment = Segment(uuid.uuid4().hex, data, whole=True)
    while True:
        async for _ in segments.new():  # finds the end of the row
            pass
        number = segments.next
        if await segments.create(number, segment):
            break
    await segments.note_whole(number)
