"""`hpsearch slots`: a search that runs uses fewer or more slots.

The wish is a document of the study. The driver that runs looks at it every other second, in a
thread of its own, over a connection of its own: a bucket that is slow holds up nothing. It counts
for that run alone.
"""

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from numbers import Integral

from hpsearch.common.errors import HpsearchError, UserError
from hpsearch.common.text import count
from hpsearch.common.trial import TrialState
from hpsearch.store import StudyStore, open_store
from hpsearch.store.documents import SLOTS
from hpsearch.usecases import faults
from hpsearch.usecases.view import StudyView

LOOK_SECONDS = 2.0
"""The time between two looks of a driver."""

JOIN_SECONDS = 1.0
"""How long the end of a search waits for a look that is under way."""


@dataclass(frozen=True)
class SlotChange:
    """How many trials may run at once from now on, and how many run now.

    `parallel_trials` is the experiment's own, which stays; None: as many as fit.
    """

    study: str
    slots: int
    running_trials: int
    parallel_trials: int | None

    @property
    def surplus(self) -> int:
        """How many trials end before another one starts."""
        return max(0, self.running_trials - self.slots)


def change_slots(study: StudyView, slots: int) -> SlotChange:
    """Have the driver of a study run at most `slots` trials at once, until its run ends.

    No trial is ended for that. Raises UserError if it is no whole number from 1, or if no driver
    runs the study.
    """
    name = study.store.name
    if isinstance(slots, bool) or not isinstance(slots, Integral) or slots < 1:
        raise UserError(faults.argument_wrong("slots", slots, "a whole number, 1 or more"))
    if not study.running:
        raise UserError(faults.not_running(name, slots))
    study.store.write(SLOTS, json.dumps({"slots": int(slots)}).encode())
    running = sum(record.state is TrialState.RUNNING for record in study.records)
    return SlotChange(name, int(slots), running, study.experiment.resources.parallel_trials)


class SlotWish:
    """What a driver knows of it; `limit` is called when it changes, in a thread of its own."""

    def __init__(
        self, store: StudyStore, limit: Callable[[int], None], notify: Callable[[str], None]
    ) -> None:
        """Forget what was wished for an earlier run, and look from now on."""
        self._store = _search_of(store)
        self._limit, self._notify = limit, notify
        self._slots: int | None = None
        self._is_closed = threading.Event()
        self._discard()
        self._thread = threading.Thread(target=self._watch, name="hpsearch-slots", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Look no more; what was wished counts no longer."""
        self._is_closed.set()
        self._store.stop_waiting()
        self._thread.join(JOIN_SECONDS)
        if self._slots is not None:
            self._discard()
            self._slots = None

    def _watch(self) -> None:
        while not self._is_closed.wait(LOOK_SECONDS):
            with suppress(OSError, HpsearchError):  # the store does not answer: look again later
                self._look()

    def _look(self) -> None:
        slots = _wished(self._store)
        if slots is None or slots == self._slots or self._is_closed.is_set():
            return
        self._slots = slots
        self._limit(slots)
        self._notify(f"at most {count(slots, 'trial')} at a time from now on (`hpsearch slots`)")

    def _discard(self) -> None:
        with suppress(OSError, HpsearchError):
            if self._store.has(SLOTS):
                self._store.discard(SLOTS)


def _wished(store: StudyStore) -> int | None:
    """Return the wish, None if there is none or it is not one."""
    with suppress(ValueError, TypeError, KeyError):
        slots = json.loads(store.read(SLOTS) or b"")["slots"]
        return slots if isinstance(slots, int) and slots >= 1 else None
    return None


def _search_of(store: StudyStore) -> StudyStore:
    """Return the search to which a study belongs, over a connection of its own.

    Memory has neither: there a confirmation looks at itself.
    """
    return open_store(store.store_address).study(store.name) if store.is_durable else store
