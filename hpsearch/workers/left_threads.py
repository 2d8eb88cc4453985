"""Says once that trials leave threads behind."""

from collections.abc import Callable

from hpsearch.engine import Ended

TELLING = 2
"""So many attempts must have left threads: what one leaves is often a library's, one for all."""


class LeftThreads:
    """Counts the attempts that left threads; nothing can end those but the trainable itself."""

    def __init__(self, notify: Callable[[str], None]) -> None:
        self._notify = notify
        self._count = 0

    def note(self, event: Ended) -> None:
        """Take in the end of an attempt."""
        self._count += bool(event.threads)
        if event.threads and self._count == TELLING:
            names = ", ".join(f"`{name}`" for name in event.threads[:3])
            self._notify(
                f"trials leave threads running (trial {event.number}: {names}): they slow down "
                "later trials and keep memory; end them in a `finally` of the trainable"
            )
