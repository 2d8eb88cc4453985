"""Follows a journal in a bucket, segment by segment."""

from hpsearch.store.bucket.segments import Segments


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
