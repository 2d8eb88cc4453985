"""Studies in a bucket: S3, Google Cloud Storage, Azure, and what speaks the protocol of S3.

connection.py   requests, by obstore; answers.py what its errors mean
objects.py      the same, tried again with patience.py, in the thread of loop.py
lease.py        one driver at a time
journal.py      writer.py and reader.py of its segments.py, fenced
files.py        folders, for checkpoints.py and the logs
trial_files.py  what workers put there themselves
"""

from hpsearch.common.errors import UserError
from hpsearch.common.names import STUDY_NAME
from hpsearch.store.bucket.connection import Connection, connect
from hpsearch.store.bucket.lease_object import Term
from hpsearch.store.bucket.loop import run
from hpsearch.store.bucket.objects import Objects
from hpsearch.store.bucket.study import BucketStudy, is_begun
from hpsearch.store.faults import study_missing

__all__ = ["BucketStore", "BucketStudy", "Connection", "Term", "connect", "open_address"]


def open_address(address: str) -> "BucketStore":
    """Return the store at an address; nothing is asked of it yet. Raises UserError."""
    scheme, _, path = address.partition(":")
    return BucketStore(connect(f"{scheme.lower()}://{path.strip('/')}"))


class BucketStore:
    """See `port.Store`."""

    def __init__(self, connection: Connection, term: Term | None = None) -> None:
        self.address = connection.address
        self._connection = connection
        self._term = term or Term()

    def names(self) -> list[str]:
        objects = Objects(self._connection)
        folders, _ = run(objects.names(None))
        named = sorted(name for name in folders if STUDY_NAME.fullmatch(name))
        begun = run(objects.each(named, lambda name: is_begun(objects, name)))
        return [name for name, is_study in zip(named, begun, strict=True) if is_study]

    def study(self, name: str) -> BucketStudy:
        if STUDY_NAME.fullmatch(name) is None:
            raise UserError(study_missing(name, self.address, self.names()))
        return BucketStudy(self._connection, name, term=self._term)
