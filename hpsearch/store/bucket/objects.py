"""The objects of a store as one study uses them: tried again, and refused without the lease."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, wait
from functools import partial
from pathlib import Path
from typing import TypeVar

from hpsearch.store.bucket.connection import Connection, Meta, TakenError, Version
from hpsearch.store.bucket.loop import AT_ONCE, in_thread
from hpsearch.store.bucket.patience import Patience

T = TypeVar("T")
U = TypeVar("U")


Check = Callable[[], Awaitable[None]]


async def nothing_to_check() -> None:
    """Let everything be written: no lease is held, none can be lost."""


class Objects:
    """Objects by their path, with `/`. Before each write, `check` raises if it may not be made."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.address = connection.address
        self.patience = Patience(connection.address)
        self.background: set[Future[None]] = set()
        """What nobody waits for, until the lease is given back."""
        self.guard()

    def settle(self, seconds: float | None = None) -> None:
        """Return when what runs in the background is over; after so many seconds, it is."""
        waiting = {*self.background}
        for late in wait(waiting, seconds).not_done:
            late.cancel()
        self.background -= waiting

    def guard(
        self, check: Check = nothing_to_check, is_overdue: Callable[[], bool] = lambda: False
    ) -> None:
        """Have a lease guard the writes; `is_overdue` says, asking nobody, if it may be lost."""
        self.check, self.is_overdue = check, is_overdue

    async def may_write(self) -> bool:
        """Return whether the lease lets anything be written; asks once if it may be lost."""
        try:
            await self.check()
        except Exception:  # lost, or the store does not answer
            return False
        return True

    async def read(self, path: str) -> bytes | None:
        """Return an object's bytes; None if there is none."""
        return await self._found(partial(self.connection.get, path))

    async def head(self, path: str) -> Meta | None:
        """Return what the store says of an object; None if there is none."""
        return await self._found(partial(self.connection.head, path))

    async def write(self, path: str, data: bytes) -> None:
        """Write an object; an earlier one is replaced."""
        await self._change(partial(self.connection.put, path, data))

    async def upload(self, path: str, file: Path) -> None:
        """Write an object from a file, of any size."""
        await self._change(partial(self.connection.upload, path, file))

    async def read_part(self, path: str, part: tuple[int, int]) -> bytes:
        """Return the bytes of an object from one place to another."""
        return await self._ask(partial(self.connection.get_part, path, part))

    async def create(self, path: str, data: bytes) -> Version | None:
        """Write a new object; None if there is one. A lost answer looks like that, too."""
        return await self._unless_taken(partial(self.connection.create, path, data))

    async def replace(self, path: str, data: bytes, version: Version) -> Version | None:
        """Write an object in place of that version; None if it is another one by now."""
        return await self._unless_taken(partial(self.connection.replace, path, data, version))

    async def below(self, folder: str, after: str | None = None) -> list[Meta]:
        """Return all objects below a folder, by name; only those behind `after`."""
        return await self._ask(partial(self.connection.below, folder, after))

    async def names(self, folder: str | None) -> tuple[list[str], list[str]]:
        """Return the names of the folders, and of the objects, that are right in a folder."""
        folders, objects = await self._ask(partial(self.connection.names, folder))
        start = len(folder) + 1 if folder else 0
        return [one[start:].rstrip("/") for one in folders], [one[start:] for one in objects]

    async def remove(self, paths: Sequence[str]) -> None:
        """Remove objects; those that are not there are no error."""
        for start in range(0, len(paths), 1000):
            await self._change(partial(self._delete, paths[start : start + 1000]))

    async def copy(self, paths: Mapping[str, str]) -> None:
        """Copy objects, from the path that is the key to the one that is the value."""
        await self.each(paths.items(), lambda pair: self._copy(*pair))

    async def read_all(self, paths: Iterable[str]) -> list[bytes | None]:
        """Return the bytes of several objects, many at a time."""
        return await self.each(paths, self.read)

    async def each(self, given: Iterable[T], act: Callable[[T], Awaitable[U]]) -> list[U]:
        """Return what `act` returns for each, many at a time."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(item: T) -> U:
            async with gate:
                return await act(item)

        return await asyncio.gather(*map(one, given))

    async def _copy(self, path: str, new: str) -> None:
        await self._change(partial(self.connection.copy, path, new))

    def _delete(self, paths: Sequence[str]) -> None:
        try:
            self.connection.delete(paths)
        except FileNotFoundError:  # some stores say so, and may have left out the rest
            if len(paths) > 1:
                for path in paths:
                    self._delete([path])

    async def _found(self, request: Callable[[], T]) -> T | None:
        try:
            return await self._ask(request)
        except FileNotFoundError:
            return None

    async def _unless_taken(self, request: Callable[[], Version]) -> Version | None:
        try:
            return await self._change(request)
        except TakenError:
            return None

    async def _ask(self, request: Callable[[], T]) -> T:
        return await self.patience(partial(in_thread, request))

    async def _change(self, request: Callable[[], T]) -> T:
        async def checked() -> T:
            await self.check()
            return await in_thread(request)

        return await self.patience(checked)
