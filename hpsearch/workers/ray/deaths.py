"""Which attempts have lost their process, and why, as Ray tells it.

Whether an attempt is to blame decides the rest of its trial: one whose machine is gone is `lost`
and tried again, one whose process died by itself has `crashed` and uses up its retries. So a crash
is one only when its machine is known to be there.
"""

import time
from collections.abc import Collection

import ray
from ray.exceptions import ActorUnavailableError, RayActorError, RayError
from ray.exceptions import RayTaskError as TaskError

from hpsearch.engine import Ended
from hpsearch.workers.ray.cluster import Cluster
from hpsearch.workers.slots import Slot

GONE_SECONDS = 60.0
"""How long Ray may take to say why a connection ended; then the process counts as dead."""

BROKE = "the connection to the worker's process broke"

WORDLESS = "it was killed (when memory runs out, `dmesg` says so), crashed, or called `os._exit`"
"""What Ray takes 600 characters for, and does not know the exit code (2.60)."""

PAUSE_SECONDS = 0.05
"""The time between two looks while only the fate of a machine is unknown."""


def deaths(busy: Collection[Slot], seconds: float, cluster: Cluster) -> list[tuple[Slot, Ended]]:
    """Return the slots whose attempt has no process any more, each with its end.

    Waits up to `seconds` for Ray's word on those whose connection has ended.
    """
    gone = [slot for slot in busy if slot.gone is not None]
    if gone:
        ray.wait([slot.call for slot in gone], timeout=seconds)
    calls = [slot.call for slot in busy]
    done, _ = ray.wait(calls, num_returns=len(calls), timeout=0)
    looked = [(slot, _end(slot, cluster, is_done=slot.call in done)) for slot in busy]
    ends = [(slot, end) for slot, end in looked if end is not None]
    if gone and not ends:
        time.sleep(min(seconds, PAUSE_SECONDS))  # Ray has spoken, but the machine has not
    return ends


def cause(error: BaseException) -> str:
    """Return Ray's account of a death without its ids and advice."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    files = [line for line in lines if line.startswith('File "')]
    if files and "creation task" in lines[0]:
        return f"the worker cannot start:\n{files[-1]}\n{lines[-1]}"
    low = [line for line in lines if "low on memory" in line or "Memory on the node" in line]
    if low:
        return f"its machine ran out of memory, so Ray ended the worker's process: {low[-1]}"
    telling = [line for line in lines if "exit" in line.lower() or "died" in line.lower()]
    return f"the worker's process died: {_detail((telling or lines or ['no reason known'])[-1])}"


def _detail(said: str) -> str:
    """Return what Ray says of an exit, without what it may have come from in general."""
    detail = said.rpartition("Worker exit detail: ")[2].partition(" Some common causes")[0]
    return WORDLESS if "connection error" in detail else detail


def _end(slot: Slot, cluster: Cluster, *, is_done: bool) -> Ended | None:
    """Return the end of an attempt; None if it is not known yet, or still on its way."""
    assert slot.number is not None  # noqa: S101 (a slot with a call has a trial)
    error = _error(slot) if is_done else None
    if isinstance(error, TaskError):
        return Ended(slot.number, "raised", str(error.cause), str(error))
    if isinstance(error, ActorUnavailableError):
        error, is_done = None, False  # that says nothing: the process may be alive
    if error is not None and slot.gone is None:
        slot.gone = time.monotonic()
        cluster.suspect(slot.node)
    if slot.gone is None:
        return None
    is_over = is_done or time.monotonic() - slot.gone > GONE_SECONDS
    if slot.killed:
        return Ended(slot.number, "crashed", slot.killed) if is_over else None
    if isinstance(error, RayActorError) and error.preempted:
        return Ended(slot.number, "lost", "its machine was preempted")
    return _death(slot, cluster, error, is_over=is_over)


def _death(slot: Slot, cluster: Cluster, error: RayError | None, *, is_over: bool) -> Ended | None:
    """Return the end of an attempt whose connection has ended, once its machine's fate is known."""
    assert slot.number is not None and slot.gone is not None  # noqa: S101
    fate = cluster.fate(slot.node, slot.gone)
    if fate == "gone":
        return Ended(slot.number, "lost", cluster.why_gone(slot.node))
    if fate == "unknown" or not is_over:
        return None
    return Ended(slot.number, "crashed", BROKE if error is None else cause(error))


def _error(slot: Slot) -> RayError | None:
    """Return how a call that is done failed, None if it did not."""
    try:
        ray.get(slot.call, timeout=0)
    except RayError as error:
        return error
    return None
