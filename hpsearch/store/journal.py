"""A study's journal as bytes; what its lines mean, `strategies/journal.py` knows."""

from typing import Protocol


class JournalLog(Protocol):
    """Lines that are appended and never changed."""

    @property
    def address(self) -> str:
        """Where it is, for people."""

    def read(self) -> bytes:
        """Return the whole lines appended since the last call; not an incomplete one."""

    def read_external(self) -> bytes:
        """Return the whole lines that another program appended since our last line.

        Raises SearchFailed if its last line is incomplete: ours would be joined to it.
        """

    def append(self, data: bytes) -> None:
        """Append lines, all or none of them; raises SearchFailed if the store refuses them.

        Others may read them from then on; at the latest after the next `flush`.
        """

    def flush(self, *, wait: bool = True) -> None:
        """Return when all that was appended is durable; raises SearchFailed if it is not.

        Any thread may call it, while another one appends. If not told to `wait`, it may be on its
        way still: durable before anything appended later.
        """

    def close(self) -> None:
        """Close it; nothing is lost, with or without this."""
