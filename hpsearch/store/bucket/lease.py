"""One driver at a time: whoever wrote the lease last, and renews it before it runs out.

It is written by conditional writes alone, so of two drivers one gets it. Who lost it, finds every
later write refused: before each write the driver's own clock says if its lease may have run out,
and then it must renew it first. What slips through that collides with `journal.py`'s fence.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from functools import partial
from types import TracebackType

from hpsearch.common.errors import HpsearchError, SearchFailed, UserError
from hpsearch.store.bucket import faults
from hpsearch.store.bucket.connection import Connection, TakenError, Version
from hpsearch.store.bucket.lease_object import (
    LEASE,
    Held,
    Owner,
    Term,
    find_lease,
    moment,
    time_of_store,
)
from hpsearch.store.bucket.loop import in_thread, run, start
from hpsearch.store.bucket.objects import Objects
from hpsearch.store.bucket.patience import Patience

OVERDUE = 0.8
"""The part of its term after which a driver must renew its lease before it writes."""

LOOK_SECONDS = 0.2
"""How often a driver that waits for another one's lease looks at it."""

# goes on while the machine sleeps, where the system has such a clock
CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class BucketLease:
    """See `store.Lease`. `objects` are all that the study writes by; they are checked meanwhile."""

    def __init__(
        self, objects: Objects, connection: Connection, root: str, *, name: str, term: Term
    ) -> None:
        self._objects, self._connection = objects, connection
        self._path, self._name, self._term = f"{root}/{LEASE}", name, term
        self.on_taken: Callable[[], None] = lambda: None
        """What is done first with the study, once it is held."""
        self._renewal: Future[None] | None = None
        self._lost: SearchFailed | None = None
        self._has_told = False

    def __enter__(self) -> None:
        """Take it, also from a driver that did not renew it; waits for it to run out then."""
        owner = Owner(self._term.seconds)
        self._lost, self._lock = None, asyncio.Lock()
        self._owner, self._version = run(self._take(owner))
        self._objects.patience.seconds = Patience.DURING_SECONDS
        self._objects.guard(self._check, self._is_overdue)
        self._renewal = start(self._renew_for_ever())
        try:
            self.on_taken()
        except BaseException:
            self.__exit__(None, None, None)
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._renewal is not None  # noqa: S101
        self._objects.settle(Patience.END_SECONDS)
        self._renewal.cancel()
        self._objects.guard()
        self._objects.patience.seconds = Patience.END_SECONDS
        with suppress(HpsearchError, TimeoutError):  # it runs out by itself
            run(asyncio.wait_for(self._give_back(), Patience.END_SECONDS))
        self._objects.patience.seconds = Patience.BEFORE_SECONDS

    def is_held(self) -> bool:
        """Return whether any driver holds it now."""
        return run(self._is_held())

    async def _is_held(self) -> bool:
        held = await find_lease(self._objects, self._path)
        return held is not None and await time_of_store(self._objects) < held.until

    async def _take(self, owner: Owner) -> tuple[Owner, Version]:
        first: Held | None = None
        began = time.monotonic()
        while True:
            self._renewed_at = _now()
            version = await self._objects.create(self._path, owner.to_bytes())
            held = None if version else await find_lease(self._objects, self._path)
            if held is not None and held.owner.token == owner.token:  # a lost answer
                version = held.version
            elif held is not None and await time_of_store(self._objects) >= held.until:
                version = await self._objects.replace(self._path, owner.to_bytes(), held.version)
            if version:
                await self._refuse_ignored_conditions(owner)
                meta = await self._objects.head(self._path)
                return replace(owner, since=moment(meta.modified) if meta else ""), version
            if held is not None:
                first = first or held
                await self._wait(first, held, time.monotonic() - began)

    async def _refuse_ignored_conditions(self, owner: Owner) -> None:
        if await self._objects.create(self._path, owner.to_bytes()):
            await self._objects.remove([self._path])
            raise UserError(faults.conditions_missing(self._objects.address))

    async def _wait(self, first: Held, now: Held, waited: float) -> None:
        """Wait while the lease may be a dead driver's; raise UserError once it was renewed."""
        owner, until = str(now.owner), moment(now.until)
        if now.version != first.version:
            raise UserError(faults.study_leased(self._name, owner, now.since, until))
        if waited > 2 * self._term.renew and not self._has_told:
            self._has_told = True
            self._objects.patience.notify(
                f"{owner} drove the study and no longer renews its lease; waiting until {until}"
            )
        await asyncio.sleep(LOOK_SECONDS)

    async def _renew_for_ever(self) -> None:
        while self._lost is None:
            await asyncio.sleep(self._term.renew)
            with suppress(Exception):  # the next write or renewal tells
                await self._renew()

    async def _check(self) -> None:
        """Raise SearchFailed if the lease is lost; renew it first if it may have run out."""
        if self._lost is None and self._is_overdue():
            await self._renew()
        if self._lost is not None:
            raise SearchFailed(*self._lost.faults)

    def _is_overdue(self) -> bool:
        """Return whether it may have run out: a little early, as the store rounds its times."""
        overdue = _now() - self._renewed_at >= OVERDUE * self._term.seconds
        return self._lost is not None or overdue

    async def _renew(self) -> None:
        """Write it anew, or find out that it is lost; raises what obstore raises."""
        async with self._lock:
            asked = _now()
            owner = self._owner.renewed()
            data = owner.to_bytes()
            version: Version | None
            try:
                version = await in_thread(
                    partial(self._connection.replace, self._path, data, self._version)
                )
            except TakenError:
                version = await self._version_if_ours(owner)
            if version is None:
                return
            self._owner, self._version, self._renewed_at = owner, version, asked

    async def _version_if_ours(self, owner: Owner) -> Version | None:
        """Return the version that a renewal with a lost answer wrote; else the lease is lost."""
        held = await find_lease(self._objects, self._path)
        if held is not None and held.owner == owner:
            return held.version
        taker = "another process" if held is None else str(held.owner)
        self._lost = SearchFailed(faults.lease_lost(self._name, taker))
        return None

    async def _give_back(self) -> None:
        """Renew it a last time, so that nobody takes it now, and remove it."""
        await self._objects.patience(self._renew)
        if self._lost is None:
            await self._objects.remove([self._path])


def _now() -> float:
    return time.clock_gettime(CLOCK)
