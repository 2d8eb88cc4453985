"""The journal in a bucket: what is appended goes out as one segment at each flush.

Fencing: whoever opens it for writing begins with a segment of its own. A driver that was frozen
before would write the same number next, collides, and finds every later write refused.
"""

import asyncio
import uuid
from collections import deque
from concurrent.futures import Future
from contextlib import suppress

from hpsearch.common.errors import HpsearchError, SearchFailed
from hpsearch.store.bucket import faults
from hpsearch.store.bucket.loop import run, start
from hpsearch.store.bucket.objects import Objects
from hpsearch.store.bucket.segments import Segment, Segments
from hpsearch.store.documents import JOURNAL

FOLD_AT = 100
"""A journal of more segments is folded into one when it is opened for writing."""

LATEST_SECONDS = 1.0
"""Lines that nobody flushes are on their way after this time, for those who look on."""


class BucketJournal:
    """See `store.JournalLog`. A writer holds the study's lease."""

    def __init__(self, objects: Objects, root: str, *, name: str, writable: bool) -> None:
        self.address = f"{objects.address}/{root}/{JOURNAL}"
        self._reader = Reader(Segments(objects, root))
        self._writer = Writer(Segments(objects, root), name) if writable else None
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

    def flush(self) -> None:
        """Return when all that was appended is in the bucket; raises SearchFailed if refused."""
        assert self._writer is not None  # noqa: S101
        self._writer.flush()

    def close(self) -> None:
        """Write what nobody flushed, if that is possible."""
        if self._writer is not None:
            with suppress(HpsearchError):
                self._writer.close()


class Reader:
    """Follows a journal. A half line at its end waits until it is whole."""

    def __init__(self, segments: Segments) -> None:
        self._segments = segments
        self._returned = 0
        self.half = b""
        self.count = 0
        """How many segments were read."""

    async def lines(self) -> bytes:
        """Return the whole lines that are new."""
        if await self._segments.open():
            self._returned, self.half = 0, b""
        data = bytearray(self.half)
        async for segment in self._segments.new():
            if segment.whole:
                data = bytearray(segment.lines[self._returned :])
            else:
                data += segment.lines
            self.count += 1
        end = data.rfind(b"\n") + 1
        self.half = bytes(data[end:])
        self._returned += end
        return bytes(data[:end])


class Writer:
    """Writes one segment after the other, in the background thread."""

    def __init__(self, segments: Segments, name: str) -> None:
        self._segments = segments
        self._name = name
        self._token = uuid.uuid4().hex
        self._unwritten: deque[bytes] = deque()
        self._one_at_a_time = asyncio.Lock()
        self._failure: BaseException | None = None
        self._later: Future[None] | None = None

    async def begin(self) -> None:
        """Write the fence; it holds the whole journal if that has many segments."""
        reader, lines = Reader(self._segments), b""
        await self._segments.open(begin=True)
        while True:
            lines += await reader.lines()
            number = self._segments.next
            is_whole = reader.count > FOLD_AT or bool(reader.half)
            fence = Segment(self._token, lines if is_whole else b"", is_whole)
            if await self._segments.create(number, fence):
                break
        self._number = number + 1
        if is_whole:
            await self._segments.note_whole(number)

    def append(self, data: bytes) -> None:
        self._refuse()
        self._unwritten.append(data)
        if self._later is None or self._later.done():
            self._later = start(self._write_later())

    def flush(self) -> None:
        self._refuse()
        try:
            run(self._write())
        except BaseException as error:  # also Ctrl-C: closing does not wait again
            self._failure = self._failure or error
            raise

    def close(self) -> None:
        if self._failure is None and self._unwritten:
            self.flush()
        if self._later is not None:
            self._later.cancel()

    def _refuse(self) -> None:
        if isinstance(self._failure, HpsearchError):
            raise type(self._failure)(*self._failure.faults)
        if self._failure is not None:
            raise self._failure

    async def _write_later(self) -> None:
        await asyncio.sleep(LATEST_SECONDS)
        try:
            await self._write()
        except HpsearchError as error:
            self._failure = error

    async def _write(self) -> None:
        """Write what was appended, as one segment; all that waits meanwhile goes with the next."""
        async with self._one_at_a_time:
            lines = [*self._unwritten]
            if lines:
                await self._create(Segment(self._token, b"".join(lines)))
                for _ in lines:
                    self._unwritten.popleft()

    async def _create(self, segment: Segment) -> None:
        while not await self._segments.create(self._number, segment):
            other = await self._segments.read(self._number)
            if other is not None:
                raise SearchFailed(faults.lease_lost(self._name, "another process"))
            self._number += 1  # ours, cut short
        self._number += 1


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
