"""What people want tried next: first what the experiment says, then what arrives meanwhile.

Each is tried once. Its trial bears its id, so that a driver that was killed before it removed the
document removes it the next time, and does not try it again.
"""

import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress

from hpsearch.experiment import Experiment, Suggestion, fit_suggestion, own_suggestions
from hpsearch.store import StudyStore
from hpsearch.store.documents import suggestion
from hpsearch.store.suggestions import read_suggestion, suggestion_ids

LOOK_SECONDS = 1.0
"""The store is asked for new suggestions at most this often."""


class Suggestions:
    """A queue of suggestions, each with an id of its own."""

    def __init__(self, store: StudyStore, experiment: Experiment, tried: Iterable[str]) -> None:
        """`tried` are the ids that the journal has."""
        self._store = store
        self._experiment = experiment
        self._known = set(tried)
        own = [one for one in own_suggestions(experiment) if one.id not in self._known]
        self._queue = deque(own)
        self._looked: float | None = None
        self._discard_tried()

    def first(self) -> Suggestion | None:
        """Return the suggestion to be tried next, None if there is none."""
        now = time.monotonic()
        if self._looked is None or now - self._looked >= LOOK_SECONDS:
            self._looked = now
            with suppress(OSError):  # a store that does not answer: looked at again
                self._look()
        return self._queue[0] if self._queue else None

    def take(self) -> Suggestion:
        """Return the first and take it off the queue; its document stays."""
        return self._queue.popleft()

    def discard(self, id: str) -> None:
        """Remove the document of one whose trial is durable in the journal."""
        with suppress(OSError):  # the journal has its id: it is removed the next time
            self._store.discard(suggestion(id))

    def _discard_tried(self) -> None:
        with suppress(OSError):
            for id in self._known.intersection(suggestion_ids(self._store)):
                self.discard(id)

    def _look(self) -> None:
        for id in suggestion_ids(self._store):
            if id in self._known:
                continue
            self._known.add(id)
            found = read_suggestion(self._store, id)
            params, misfits = fit_suggestion(self._experiment, found.params if found else {})
            if not misfits:
                self._queue.append(Suggestion(id, params))
