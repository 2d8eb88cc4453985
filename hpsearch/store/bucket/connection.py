"""The object store of an address: every request is made here, by obstore.

obstore itself reads credentials, endpoint, timeouts and proxies from the environment.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import from_url

from hpsearch.common.errors import UserError
from hpsearch.store.bucket import faults
from hpsearch.store.bucket.answers import first_line, is_bucket_missing

if TYPE_CHECKING:
    from obstore import ObjectMeta, PutResult, UpdateVersion
    from obstore.store import ObjectStore

PART_BYTES = 32 * 2**20
"""A larger object is read in parts: a request may take 30 s."""

Version = tuple[tuple[str, str], ...]
"""What names the present content of an object."""


class TakenError(Exception):
    """An object is there already, or is not the one that was to be replaced."""


@dataclass(frozen=True)
class Meta:
    """What a store says of an object; `modified` by the store's own clock."""

    path: str
    size: int
    modified: datetime
    version: Version

    def parts(self) -> list[tuple[int, int]]:
        """Return where the parts begin and end in which it is read."""
        starts = range(0, self.size, PART_BYTES)
        return [(start, min(start + PART_BYTES, self.size)) for start in starts]


def connect(address: str) -> "Connection":
    """Return the requests of a store; nothing is asked yet. Raises UserError if none can be."""
    return Connection(address, open_objects(address))


def open_objects(address: str) -> "ObjectStore":
    """Return obstore's object for an address; raises UserError if there can be none."""
    try:
        return from_url(address, retry_config={"max_retries": 0})
    except (BaseError, ValueError) as error:
        raise UserError(faults.address_unusable(address, first_line(error))) from None


class Connection:
    """The requests of one store, each tried once and blocking; raises what obstore raises.

    An object that is not there is FileNotFoundError.
    """

    def __init__(self, address: str, store: "ObjectStore | None" = None) -> None:
        """Without a store, it is opened for the first request, which may raise UserError."""
        self.address = address
        self._given = store

    @cached_property
    def _store(self) -> "ObjectStore":
        return self._given or open_objects(self.address)

    def __reduce__(self) -> "tuple[type[Connection], tuple[str]]":
        """Travel as the address: another process connects by its own credentials."""
        return Connection, (self.address,)

    def get(self, path: str) -> bytes:
        found = obstore.get(self._store, path)
        parts = _meta(found.meta).parts()
        if len(parts) <= 1:
            return bytes(found.bytes())
        return b"".join(self.get_part(path, part) for part in parts)

    def get_part(self, path: str, part: tuple[int, int]) -> bytes:
        """Return the bytes of an object from one place to another."""
        start, end = part
        return bytes(obstore.get_range(self._store, path, start=start, end=end))

    def head(self, path: str) -> Meta:
        return _meta(obstore.head(self._store, path))

    def put(self, path: str, data: bytes) -> None:
        obstore.put(self._store, path, data)

    def upload(self, path: str, file: Path) -> None:
        """Write an object from a file, in parts if it is large."""
        obstore.put(self._store, path, file)

    def create(self, path: str, data: bytes) -> Version:
        """Write a new object; raises TakenError if there is one."""
        with _taken():
            return _version(obstore.put(self._store, path, data, mode="create"))

    def replace(self, path: str, data: bytes, version: Version) -> Version:
        """Write an object in place of that version; raises TakenError if it is another by now."""
        given: UpdateVersion = dict(version)  # type: ignore[assignment]
        with _taken():
            return _version(obstore.put(self._store, path, data, mode=given))

    def delete(self, paths: Sequence[str]) -> None:
        """Delete objects; those that are not there are no error."""
        if paths:
            obstore.delete(self._store, paths)

    def copy(self, path: str, new: str) -> None:
        obstore.copy(self._store, path, new)

    def below(self, folder: str, after: str | None = None) -> list[Meta]:
        """Return all objects below a folder, by name; only those behind `after`."""
        found = obstore.list(self._store, folder, offset=after, chunk_size=1000)
        return sorted((_meta(one) for some in found for one in some), key=lambda meta: meta.path)

    def names(self, folder: str | None) -> tuple[list[str], list[str]]:
        """Return the paths of the folders, and of the objects, that are right in a folder."""
        found = obstore.list_with_delimiter(self._store, folder)
        return [*found["common_prefixes"]], [one["path"] for one in found["objects"]]


@contextmanager
def _taken() -> Iterator[None]:
    try:
        yield
    except (AlreadyExistsError, PreconditionError):
        raise TakenError from None
    except FileNotFoundError as error:  # what was to be replaced is gone
        if is_bucket_missing(error):
            raise
        raise TakenError from None


def _meta(found: "ObjectMeta") -> Meta:
    return Meta(found["path"], found["size"], found["last_modified"], _version(found))


def _version(found: "PutResult | ObjectMeta") -> Version:
    given: Any = found
    return tuple((key, given[key]) for key in ("e_tag", "version") if given[key] is not None)
