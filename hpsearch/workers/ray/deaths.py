"""Which attempts have lost their process, and why, as Ray tells it."""

import time
from collections.abc import Collection

import ray
from ray.exceptions import GetTimeoutError, RayError, RayTaskError

from hpsearch.engine import Ended
from hpsearch.workers.slots import Slot

GONE_SECONDS = 60.0
"""How long Ray may take to say why a connection ended; then the process counts as dead."""


def deaths(busy: Collection[Slot], seconds: float) -> list[tuple[Slot, Ended]]:
    """Return the slots whose attempt has no process any more, each with its end.

    Waits up to `seconds` for Ray's word on those whose connection has ended.
    """
    gone = [slot for slot in busy if slot.gone is not None]
    if gone:
        ray.wait([slot.call for slot in gone], timeout=seconds)
    calls = [slot.call for slot in busy]
    done, _ = ray.wait(calls, num_returns=len(calls), timeout=0)
    ends = [(slot, _end(slot)) for slot in busy if slot.call in done or _is_overdue(slot)]
    return [(slot, end) for slot, end in ends if end is not None]


def cause(error: BaseException) -> str:
    """Return Ray's account of a death without its ids and advice."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    files = [line for line in lines if line.startswith('File "')]
    if files and "creation task" in lines[0]:
        return f"the worker cannot start:\n{files[-1]}\n{lines[-1]}"
    telling = [line for line in lines if "exit" in line.lower() or "died" in line.lower()]
    return "the worker's process died: " + (telling or lines or ["no reason known"])[-1]


def _is_overdue(slot: Slot) -> bool:
    return slot.gone is not None and time.monotonic() - slot.gone > GONE_SECONDS


def _end(slot: Slot) -> Ended | None:
    """Return the end of an attempt; None if the attempt's own `Ended` is still on its way."""
    assert slot.number is not None  # noqa: S101 (a slot with a call has a trial)
    try:
        ray.get(slot.call, timeout=0)
    except RayTaskError as error:
        return Ended(slot.number, "raised", str(error.cause), str(error))
    except GetTimeoutError:
        pass  # Ray did not answer in time
    except RayError as error:
        return Ended(slot.number, "crashed", slot.killed or cause(error))
    if slot.gone is None:
        return None
    broke = "the connection to the worker's process broke"
    return Ended(slot.number, "crashed", slot.killed or broke)
