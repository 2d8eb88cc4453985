"""The journal as a row of segments: objects that are created in order and never changed.

`journal.log` says where they are, and which of them holds the whole journal up to its place, so
that nobody needs to read those before it. A segment is a line about itself, then lines of the
journal. One that was cut short on its way counts as nothing.
"""

import json
import uuid
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, replace
from hashlib import sha256

from hpsearch.store.bucket.connection import Meta, Version
from hpsearch.store.bucket.objects import Objects
from hpsearch.store.documents import JOURNAL

SEGMENTS = "journal"


@dataclass(frozen=True)
class Segment:
    """Lines of the journal, by the writer of that token; if `whole`, all lines up to here."""

    writer: str
    lines: bytes
    whole: bool = False

    def to_bytes(self) -> bytes:
        about = {"writer": self.writer, "bytes": len(self.lines), "whole": self.whole}
        return json.dumps(about).encode() + b"\n" + self.lines


def to_segment(data: bytes) -> Segment | None:
    """Return a segment; None if it was cut short."""
    head, _, lines = data.partition(b"\n")
    try:
        about = json.loads(head)
    except ValueError:
        return None
    return Segment(about["writer"], lines, about["whole"]) if about["bytes"] == len(lines) else None


@dataclass(frozen=True)
class Row:
    """Where the segments are: each journal has a folder of its own, also after a reset.

    `whole` is the number of a segment that holds the whole journal; 0 if there is none.
    """

    folder: str
    whole: int = 0

    def path(self, root: str, number: int) -> str:
        return f"{root}/{SEGMENTS}/{self.folder}/{number:09d}"


class Segments:
    """The segments of the study at `root`, read in order; `next` is the number to read next."""

    def __init__(self, objects: Objects, root: str) -> None:
        self._objects = objects
        self._root = root
        self._row: Row | None = None
        self._version: Version = ()
        self.next = 1

    @property
    def is_open(self) -> bool:
        """Whether the row was found."""
        return self._row is not None

    @property
    def whole(self) -> int:
        """The number of the last segment that holds the whole journal; 0 if none does."""
        return 0 if self._row is None else self._row.whole

    async def open(self, *, begin: bool = False) -> bool:
        """Find the row; if told to, `begin` one if there is none. Return whether it is another."""
        path = f"{self._root}/{JOURNAL}"
        meta = await self._objects.head(path)
        if meta is None and begin:
            row = Row(uuid.uuid4().hex[:12])
            await self._objects.create(path, json.dumps(asdict(row)).encode())
            meta = await self._objects.head(path)
        if meta is None or meta.version == self._version:
            return False
        row = Row(**json.loads(await self._objects.read(path) or b"{}"))
        is_other = self._row is None or row.folder != self._row.folder
        if is_other:
            self.next = max(1, row.whole)
        self._row, self._version = row, meta.version
        return is_other

    async def new(self) -> AsyncIterator[Segment]:
        """Yield the segments from `next` on, without those that were cut short."""
        if self._row is None:
            return
        found = await self._rest()
        for data in await self._objects.read_all(meta.path for meta in found):
            segment = to_segment(data or b"")
            self.next += 1
            if segment is not None:
                yield segment

    async def mark(self) -> str | None:
        """Return what tells the segments that are there from any others; None if there is no row.

        They are only listed: none of them ever changes.
        """
        await self.open()
        if self._row is None:
            return None
        found = [(meta.path, meta.size, meta.version) for meta in await self._rest()]
        return sha256(repr((self._row, found)).encode()).hexdigest()

    async def create(self, number: int, segment: Segment) -> bool:
        """Write a segment; return False if that number has another one."""
        path, data = self._path(number), segment.to_bytes()
        if await self._objects.create(path, data):
            return True
        return await self._objects.read(path) == data  # only the answer was lost

    async def read(self, number: int) -> Segment | None:
        """Return the segment of that number; None if it was cut short."""
        return to_segment(await self._objects.read(self._path(number)) or b"")

    async def note_whole(self, number: int) -> None:
        """Note that this segment holds the whole journal, for those who open it later."""
        assert self._row is not None  # noqa: S101
        row = replace(self._row, whole=number)
        data = json.dumps(asdict(row)).encode()
        version = await self._objects.replace(f"{self._root}/{JOURNAL}", data, self._version)
        if version:
            self._row, self._version = row, version

    async def _rest(self) -> list[Meta]:
        """Return what the store says of the segments from `next` on."""
        folder = self._path(0).rpartition("/")[0]
        after = self._path(self.next - 1) if self.next > 1 else None
        return await self._objects.below(folder, after)

    def _path(self, number: int) -> str:
        assert self._row is not None  # noqa: S101
        return self._row.path(self._root, number)
