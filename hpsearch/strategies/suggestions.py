"""The queue of suggestions: first those of the experiment, then those that arrive meanwhile.

Each is tried once. Its trial has its id, so if a driver was killed before it removed the document,
the next one removes it and does not try the suggestion again.
"""

import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress

from hpsearch.experiment import Experiment, Suggestion, fit_suggestion, own_suggestions
from hpsearch.store import StudyStore
from hpsearch.store.documents import suggestion
from hpsearch.store.suggestions import read_suggestion, suggestion_ids

POLL_SECONDS = 1.0
"""The store is asked for new suggestions at most this often."""


class Suggestions:
    """The suggestions that were not tried yet."""

    def __init__(self, store: StudyStore, experiment: Experiment, tried: Iterable[str]) -> None:
        """`tried` are the ids that the journal has."""
        self._store = store
        self._experiment = experiment
        self._known = set(tried)
        own = [one for one in own_suggestions(experiment) if one.id not in self._known]
        self._queue = deque(own)
        self._polled: float | None = None
        self._discard_tried()

    def first(self) -> Suggestion | None:
        """Return the suggestion to try next, None if there is none."""
        now = time.monotonic()
        if self._polled is None or now - self._polled >= POLL_SECONDS:
            self._polled = now
            with suppress(OSError):  # the store does not answer: try again later
                self._poll()
        return self._queue[0] if self._queue else None

    def take(self) -> Suggestion:
        """Remove the first from the queue and return it; its document stays."""
        return self._queue.popleft()

    def discard(self, id: str) -> None:
        """Remove the document of a suggestion whose trial is durable in the journal."""
        with suppress(OSError):  # the journal has its id: the next driver removes it
            self._store.discard(suggestion(id))

    def _discard_tried(self) -> None:
        with suppress(OSError):
            for id in self._known.intersection(suggestion_ids(self._store)):
                self.discard(id)

    def _poll(self) -> None:
        for id in suggestion_ids(self._store):
            if id in self._known:
                continue
            self._known.add(id)
            found = read_suggestion(self._store, id)
            params, misfits = fit_suggestion(self._experiment, found.params if found else {})
            if not misfits:
                self._queue.append(Suggestion(id, params))
