"""The object that says who drives a study; its age is told by the store's clock alone."""

import json
import os
import socket
import uuid
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hpsearch.common.errors import HpsearchError
from hpsearch.store.bucket.connection import Meta, Version
from hpsearch.store.bucket.objects import Objects

LEASE = "lease.json"
CLOCK = ".clock"
"""An empty object of the store: when it was written last, is the store's time."""


@dataclass(frozen=True)
class Term:
    """How long a lease holds, and how often its driver renews it, in seconds."""

    seconds: float = 30.0
    renew: float = 5.0


@dataclass(frozen=True)
class Owner:
    """A driver, as it writes itself into the lease. `token` is of this one use alone.

    The count of renewals makes each version of the object another one.
    """

    seconds: float
    since: str = ""
    renewals: int = 0
    host: str = field(default_factory=socket.gethostname)
    process: int = field(default_factory=os.getpid)
    token: str = field(default_factory=lambda: uuid.uuid4().hex)

    def __str__(self) -> str:
        return f"process {self.process} on {self.host}"

    def renewed(self) -> "Owner":
        """Return what the next renewal writes."""
        return replace(self, renewals=self.renewals + 1)

    def to_bytes(self) -> bytes:
        return json.dumps(asdict(self)).encode()


@dataclass(frozen=True)
class Held:
    """A lease as it was found."""

    owner: Owner
    meta: Meta

    @property
    def version(self) -> Version:
        return self.meta.version

    @property
    def until(self) -> datetime:
        """When it runs out, by the store's clock, unless it is renewed."""
        return self.meta.modified + timedelta(seconds=self.owner.seconds)

    @property
    def since(self) -> str:
        return self.owner.since or moment(self.meta.modified)


def moment(time: datetime) -> str:
    """Return a time for people."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


async def find_lease(objects: Objects, path: str) -> Held | None:
    """Return the lease; None if there is none."""
    while (meta := await objects.head(path)) is not None:
        data = await objects.read(path)
        if data is not None and await objects.head(path) == meta:  # not another one meanwhile
            return Held(_owner(data), meta)
    return None


async def time_of_store(objects: Objects) -> datetime:
    """Return the time by the store's clock; by ours if nothing may be written there."""
    try:
        await objects.write(CLOCK, b"")
        written = await objects.head(CLOCK)
    except HpsearchError:
        written = None
    return datetime.now(UTC) if written is None else written.modified


def _owner(data: bytes) -> Owner:
    try:
        return Owner(**json.loads(data))
    except (ValueError, TypeError):  # a later version's, or damaged
        return Owner(Term.seconds, host="an unknown host", process=0, token="")
