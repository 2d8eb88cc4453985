"""A study has one driver at a time: whoever holds its lease."""

from types import TracebackType
from typing import Protocol


class Lease(Protocol):
    """The right to drive a study, one driver at a time; held inside `with`."""

    def __enter__(self) -> None:
        """Take it; raises UserError if another driver holds it, or it cannot be written."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give it back. When its process dies, it is free as well."""

    def is_held(self) -> bool:
        """Return whether any driver holds it now."""
