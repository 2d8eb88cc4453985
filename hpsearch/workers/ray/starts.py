"""Takes in the workers that have started, and says why others could not.

The first worker's import of the trainable decides for the whole search: what is wrong there is the
user's error. Later ones that cannot start, on a machine that lacks a package, say so once; the
search goes on without them, and asks again after a while.
"""

import re
import time
from collections.abc import Callable
from dataclasses import replace

import ray
from ray.exceptions import (
    ActorUnavailableError,
    ActorUnschedulableError,
    RayActorError,
    RayError,
    RayTaskError,
    RuntimeEnvSetupError,
)

from hpsearch.common.errors import HpsearchError, SearchFailed, UserError
from hpsearch.common.logs import last_lines
from hpsearch.trainable.faults import trainable_broken
from hpsearch.workers.output import last_import_output
from hpsearch.workers.ray import faults
from hpsearch.workers.ray.deaths import cause
from hpsearch.workers.setup import WorkerSetup
from hpsearch.workers.slots import Slots

AGAIN_SECONDS = 10.0
"""How long no worker is requested after one could not start; twice as long after the next."""

MOST_REFUSALS = 4
"""The search ends after so many workers in a row that could not start, if it has no slot."""

NODE = re.compile(r"\bip=([\w.:-]+)")
"""The machine in Ray's account of an error."""


class Starts:
    """Looks at the workers that are starting."""

    def __init__(self, setup: WorkerSetup, notify: Callable[[str], None]) -> None:
        self._setup = setup
        self._notify = notify
        self._refusals = 0
        self._next_request = 0.0
        self._told: set[str] = set()
        self.has_any = False
        """Whether some worker has started."""

    @property
    def may_request(self) -> bool:
        """Whether further workers may be requested now."""
        return time.monotonic() >= self._next_request

    def start_over(self) -> None:
        """Forget what could not start: Ray was started again."""
        self._refusals, self._next_request = 0, 0.0

    def take_in(self, slots: Slots) -> None:
        """Free the slots whose workers have started, and remove those whose could not.

        Raises UserError if it is the first, SearchFailed if none can start any more.
        """
        starting = {one.loading: slot for slot in slots.starting for one in slot.loading_ranks}
        if not starting:
            return
        done, _ = ray.wait([*starting], num_returns=len(starting), timeout=0)
        for loading in done:
            slot = starting[loading]
            if slot not in slots:  # another one of its workers could not start
                continue
            (worker,) = (one for one in slot.ranks if one.loading is loading)
            try:
                slots.note_started(worker, ray.get(loading))
                self.has_any, self._refusals = True, 0
            except RayError as error:
                slots.remove(slot)
                if not _is_of_machine(error):
                    self._note(self._fault(error), slots.count)

    def _note(self, fault: HpsearchError, slots: int) -> None:
        self._refusals += 1
        self._next_request = time.monotonic() + AGAIN_SECONDS * 2 ** min(self._refusals - 1, 5)
        if not self.has_any:
            raise fault
        if not slots and self._refusals >= MOST_REFUSALS:
            raise SearchFailed(*fault.faults)
        why = " ".join(one.account for one in fault.faults)
        if why not in self._told:
            self._told.add(why)
            self._notify(f"a worker cannot start, and is tried again later: {why}")

    def _fault(self, error: RayError) -> HpsearchError:
        if isinstance(error, RayTaskError) and isinstance(error.cause, HpsearchError):
            return error.cause
        if isinstance(error, RuntimeEnvSetupError):
            return UserError(faults.environment_failed(last_lines(str(error))))
        if self._setup.copy is not None:
            nodes = NODE.findall(str(error))
            copy = replace(self._setup.copy, host=nodes[0] if nodes else "?")
            if (lack := copy.lack(str(error))) is not None:
                return UserError(replace(lack, why=cause(error)))
        printed = last_lines(last_import_output(self._setup.logs))
        return UserError(trainable_broken(self._setup.reference, f"{cause(error)}\n{printed}"))


def _is_of_machine(error: RayError) -> bool:
    """Return whether a worker did not start because its machine went, not by a fault of its own."""
    if isinstance(error, ActorUnavailableError | ActorUnschedulableError):
        return True
    is_preempted = isinstance(error, RayActorError) and error.preempted
    return is_preempted or "its node has died" in str(error)
