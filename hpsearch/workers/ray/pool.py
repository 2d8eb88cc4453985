"""The pool of warm Ray actors, one per slot, on one machine or a cluster.

An actor is made once and serves trial after trial; one whose process died is replaced. Each
call of an actor gives one event (see `worker.py`), so `ray.wait` on the calls under way is all
there is to it; how many slots there are, `slots.py` knows. Loopback only, a token for every call,
no dashboard, no usage statistics.

A Ray of our own whose raylet or GCS died is started again and all attempts are `lost`. Not
covered: the same on a cluster, where Ray itself ends the driver after a minute; a `run` goes on.
"""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import ray
from ray.exceptions import RayActorError, RayError, RayTaskError

from hpsearch.common import faults
from hpsearch.common.errors import HpsearchError, SearchFailed, UserError
from hpsearch.common.trial import Decision
from hpsearch.engine.ports import Ended, Event, Task
from hpsearch.experiment.schema import Experiment, Resources
from hpsearch.trainable.signature import Signature
from hpsearch.workers.capacity import Capacity
from hpsearch.workers.packing import Packing
from hpsearch.workers.ray.actors import Actors
from hpsearch.workers.ray.start import dead_processes, start
from hpsearch.workers.slots import Slot, Slots
from hpsearch.workers.worker import WorkerSetup

MOST_RESTARTS = 10
"""How often Ray is started again in one run."""

EVENT_SECONDS = 600.0
"""How long the content of a finished call may travel; it comes with checkpoints of any size."""


class RayPool:
    """See `ports.Pool`. Close it, or Ray's processes go on until this process ends."""

    def __init__(
        self,
        reference: str,
        folder: Path,
        resources: Resources,
        *,
        most: int,
        verbose: bool = False,
        notify: Callable[[str], None] = lambda text: None,
    ) -> None:
        """Start or reach Ray and make the actors, at most `most`; `notify` is told of a packing.

        Raises UserError where the cluster cannot be reached or a trial does not fit on any machine.
        """
        self._notify = notify
        self._own = not ray.is_initialized()  # a caller that has Ray running keeps it
        self._begin = lambda: start(resources.ray_address, folder, verbose=verbose)
        self._restarts = 0
        if self._own:
            self._begin()
        nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        capacity = Capacity.of(nodes, resources, most)
        # on a cluster, a worker's current folder is Ray's copy of the experiment's
        place = folder if resources.ray_address is None else Path()
        device = "cuda" if capacity.gpus else "cpu"
        threads = max(1, math.floor(resources.cpus_per_trial))
        self._setup = WorkerSetup(reference, place, device, threads)
        most_packed = capacity.most_packed() if resources.gpus_per_trial == "auto" else 1
        packing = Packing(most_packed, capacity.slots(1))
        self._actors = Actors(self._setup, capacity.cpus)
        self._slots = Slots(self._actors, capacity, packing)
        self._slots.start_over()

    @classmethod
    def of(
        cls,
        experiment: Experiment,
        folder: Path,
        *,
        verbose: bool,
        notify: Callable[[str], None] = lambda text: None,
    ) -> "RayPool":
        """Return the pool for an experiment whose trainable stands in `folder`."""
        return cls(
            experiment.trainable,
            folder,
            experiment.resources,
            most=experiment.budget.trials,
            verbose=verbose,
            notify=notify,
        )

    @property
    def slots(self) -> int:
        """How many attempts may run at once, at this moment."""
        return self._slots.count

    def load(self) -> Signature:
        """Import the trainable on all workers; raises UserError where it is broken."""
        try:
            signatures: list[Signature] = ray.get(
                [self._actors.load(s.worker) for s in self._slots]
            )
            return signatures[0]
        except RayTaskError as error:
            if isinstance(error.cause, HpsearchError):
                raise error.cause from None
            raise
        except RayActorError as error:
            fault = faults.trainable_broken(self._setup.reference, _cause(error))
            raise UserError(fault) from None

    def start(self, task: Task) -> None:
        slot = self._slots.take(task.number)
        slot.call = slot.worker.handle.begin.remote(task)

    def wait(self, seconds: float) -> Sequence[Event]:
        dead = dead_processes() if self._own else []
        if dead:
            return self._start_again(f"Ray's {' and '.join(dead)} died")
        self._actors.end_condemned()
        calls = {slot.call: slot for slot in self._slots if slot.call is not None}
        if not calls:
            return ()
        ready, _ = ray.wait(list(calls), num_returns=len(calls), timeout=0)
        if not ready:
            ready, _ = ray.wait(list(calls), timeout=seconds)
        return [self._event(calls[call]) for call in ready]

    def answer(self, number: int, decision: Decision) -> None:
        slot = self._slots.of(number)
        slot.call = slot.worker.handle.advance.remote(decision)

    def kill(self, number: int, reason: str) -> None:
        slot = self._slots.of(number)
        slot.killed = reason
        self._actors.end(slot.worker)

    def close(self) -> None:
        """End the workers, and Ray itself where it was started here; a second time does nothing."""
        slots = self._slots.clear()
        if ray.is_initialized():
            # What has not come yet goes with a Ray of our own.
            self._actors.end_all((slot.worker for slot in slots), wait=not self._own)
        if self._own:
            ray.shutdown()

    def _event(self, slot: Slot) -> Event:
        """Return what a finished call brought; a dead process is an event too."""
        assert slot.number is not None  # noqa: S101 (a slot with a call has a trial)
        call, slot.call = slot.call, None
        try:
            event: Event = ray.get(call, timeout=EVENT_SECONDS)
        except RayTaskError as error:
            event = Ended(slot.number, "raised", str(error.cause), str(error))
        except RayError as error:
            event = Ended(slot.number, "crashed", slot.killed or _cause(error))
        if isinstance(event, Ended) and (told := self._slots.ended(slot, event)):
            self._notify(told)
        return event

    def _start_again(self, why: str) -> Sequence[Event]:
        """Start Ray once more; every attempt is lost with the one that died."""
        self._restarts += 1
        if self._restarts > MOST_RESTARTS:
            raise SearchFailed(faults.ray_keeps_dying(why, self._restarts))
        lost = [Ended(slot.number, "lost", why) for slot in self._slots if slot.number is not None]
        ray.shutdown()
        self._begin()
        self._actors.forget()
        self._slots.start_over()
        return lost


def _cause(error: BaseException) -> str:
    """Return Ray's account of a death without its ids and advice."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if "exit" in line.lower() or "died" in line.lower()]
    return "the worker's process died: " + (telling or lines or ["no reason known"])[-1]
