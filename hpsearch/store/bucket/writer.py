"""Writes a journal into a bucket, one segment after the other.

Fencing: whoever opens it for writing begins with a segment of its own. A driver that was frozen
before would write the same number next, collides, and finds every later write refused.
"""

import asyncio
import uuid
from collections import deque
from concurrent.futures import Future

from hpsearch.common.errors import HpsearchError, SearchFailed
from hpsearch.store.bucket import faults
from hpsearch.store.bucket.loop import run, start
from hpsearch.store.bucket.objects import Objects
from hpsearch.store.bucket.reader import Reader
from hpsearch.store.bucket.segments import Segment, Segments

FOLD_AT = 100
"""After so many segments, one holds the whole journal; later after a fourth of all, so that all of
these together are a few times the journal."""

LATEST_SECONDS = 1.0
"""Lines that nobody flushes are on their way after this time, for those who look on."""


class Writer:
    """Writes one segment after the other, in the background thread."""

    def __init__(self, objects: Objects, root: str, name: str) -> None:
        self._objects = objects
        self._segments = Segments(objects, root)
        self._name = name
        self._token = uuid.uuid4().hex
        self._lines = bytearray()
        """The whole journal: Optuna holds several times as much."""
        self._unwritten: deque[bytes] = deque()
        self._one_at_a_time = asyncio.Lock()
        self._failure: BaseException | None = None
        self._later: Future[None] | None = None

    async def begin(self) -> None:
        """Write the fence; it holds the whole journal if that has many segments."""
        reader = Reader(self._segments)
        await self._segments.open(begin=True)
        while True:
            self._lines += await reader.lines()
            self._number = self._segments.next
            is_whole = bool(reader.half) or self._is_fold_due()
            fence = Segment(self._token, bytes(self._lines) if is_whole else b"", is_whole)
            if await self._segments.create(self._number, fence):
                break
        await self._count(fence)

    def append(self, data: bytes) -> None:
        self._refuse()
        if self._objects.is_overdue():  # nobody may hear of lines that will be refused
            run(self._objects.patience(self._objects.check))
        self._unwritten.append(data)
        if self._later is None or self._later.done():
            self._later = start(self._write_after(LATEST_SECONDS))

    def flush(self, *, wait: bool = True) -> None:
        self._refuse()
        if not wait:
            start(self._write_after(0))
            return
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

    async def _write_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        try:
            await self._write()
        except HpsearchError as error:
            self._failure = error

    async def _write(self) -> None:
        """Write what was appended, as one segment; all that waits meanwhile goes with the next."""
        async with self._one_at_a_time:
            count = len(self._unwritten)
            if not count:
                return
            lines = b"".join(self._unwritten[number] for number in range(count))
            is_whole = self._is_fold_due()
            data = bytes(self._lines) + lines if is_whole else lines
            await self._create(Segment(self._token, data, is_whole))
            self._lines += lines
            for _ in range(count):
                self._unwritten.popleft()

    async def _create(self, segment: Segment) -> None:
        while not await self._segments.create(self._number, segment):
            other = await self._segments.read(self._number)
            if other is not None:
                raise SearchFailed(faults.lease_lost(self._name, "another process"))
            self._number += 1  # ours, cut short
        await self._count(segment)

    async def _count(self, segment: Segment) -> None:
        if segment.whole:
            await self._segments.note_whole(self._number)
        self._number += 1

    def _is_fold_due(self) -> bool:
        return self._number - self._segments.whole >= max(FOLD_AT, self._number // 4)
