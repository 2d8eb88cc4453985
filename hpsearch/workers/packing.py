"""How many trials share a GPU if `gpus_per_trial` is `auto`. Pure: it measures and runs nothing.

A GPU has one trial until as many trials have ended as there were slots at first. The one of them
that took most memory then decides for the whole run; an out-of-memory error halves that, for good.

Not covered: a later trial that takes more than the first ones runs out of memory.
"""

from dataclasses import dataclass, field

from hpsearch.common.text import count
from hpsearch.engine import DeviceMemory, Ended
from hpsearch.workers.device_faults import is_memory_fault

HEADROOM = 0.1
"""The share of a GPU's memory that is left free: trials differ, and allocators leave gaps."""

NOT_MEASURED = (
    "`gpus_per_trial: auto` stays at one trial per GPU: how much GPU memory trials take is "
    "unknown; it can be measured only of trainables that use torch on the GPU"
)


@dataclass
class Packing:
    """`packed` trials share a GPU, never more than `most`; the first `trials` that end decide."""

    most: int
    trials: int
    packed: int = field(default=1, init=False)
    _measured: list[DeviceMemory] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        if self.most == 1:
            self.trials = 0  # there is nothing to decide

    def note(self, event: Ended, packed: int, *, alone: bool) -> str:
        """Count the end of an attempt that was one of `packed` on its GPU.

        `alone` says that no other ran when it ended. Returns what a person should know, or "".
        """
        if ran_out_of_memory(event):
            return self._ran_out(packed, alone=alone)
        if self.trials and event.how in ("returned", "stopped"):
            return self._ended(event.memory)
        return ""

    def _ended(self, memory: DeviceMemory | None) -> str:
        self.trials -= 1
        self._measured += [memory] if memory is not None else []
        if self.trials:
            return ""
        if not self._measured:
            return NOT_MEASURED
        largest = max(self._measured, key=lambda one: one.peak_bytes / one.total_bytes)
        self.packed = max(1, min(self.most, trials_that_fit(largest)))
        took = f"{largest.peak_bytes / 1e9:.1f} of {largest.total_bytes / 1e9:.1f} GB"
        return f"{count(self.packed, 'trial')} per GPU from now on: the first took up to {took}"

    def _ran_out(self, packed: int, *, alone: bool) -> str:
        """Halve what the attempt had, not what is now: its neighbours run out in the same moment.

        One that ran alone is too large for the device, however many share it.
        """
        decides, self.trials = self.trials > 0, 0
        fewer = max(1, packed // 2)
        if not decides and (alone or fewer >= self.packed):
            return ""
        self.packed = fewer
        return f"{count(fewer, 'trial')} per GPU from now on: a trial ran out of GPU memory"


def trials_that_fit(memory: DeviceMemory) -> int:
    """Return how many attempts with such a peak fit on their device, 0 if even one is too many."""
    return int(memory.total_bytes * (1 - HEADROOM) / max(1, memory.peak_bytes))


def ran_out_of_memory(event: Ended) -> bool:
    """Return whether an attempt ended because its device had no memory left."""
    return event.device_fault and is_memory_fault(event.reason)
