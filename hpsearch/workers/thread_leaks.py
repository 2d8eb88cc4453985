"""Warns once that trials leave threads running."""

from collections.abc import Callable

from hpsearch.engine import Ended

WARN_AT = 2
"""Warn at so many attempts that left threads: those of one are often a library's, kept for all."""


class ThreadLeaks:
    """Counts the attempts that left threads; nothing can end those but the trainable itself."""

    def __init__(self, notify: Callable[[str], None]) -> None:
        self._notify = notify
        self._count = 0

    def note(self, event: Ended) -> None:
        """Count the end of an attempt."""
        self._count += bool(event.threads)
        if event.threads and self._count == WARN_AT:
            names = ", ".join(f"`{name}`" for name in event.threads[:3])
            self._notify(
                f"trials leave threads running (trial {event.number}: {names}): they slow down "
                "later trials and keep memory; end them in a `finally` of the trainable"
            )
