"""The memory of its GPU that an attempt took, as torch counts it where the trainable uses torch.

torch is found among the loaded modules and never imported.

Not covered: other frameworks, and what the trainable's child processes take.
"""

import sys
from contextlib import suppress
from typing import Any

from hpsearch.engine import DeviceMemory


def begin() -> None:
    """Begin to measure: the peak of the attempt before is forgotten."""
    if (cuda := _cuda()) is not None:
        with suppress(RuntimeError):  # what a broken device answers
            cuda.reset_peak_memory_stats()


def peak() -> DeviceMemory | None:
    """Return what this process took at its peak since `begin`; None where it used no GPU.

    torch does not count the CUDA context, some hundred megabytes, so all that is taken on the
    device and is not torch's is added. This is right for an attempt that has the device to itself.
    """
    if (cuda := _cuda()) is None:
        return None
    try:
        free, total = cuda.mem_get_info()
        beside = max(0, total - free - cuda.memory_reserved())
        return DeviceMemory(cuda.max_memory_reserved() + beside, total)
    except RuntimeError:
        return None


def release() -> None:
    """Give back what torch holds in reserve: a warm worker would keep it from its neighbours."""
    if (cuda := _cuda()) is not None:
        with suppress(RuntimeError):
            cuda.empty_cache()


def _cuda() -> Any:
    """Return `torch.cuda` where this process has a CUDA context; asking would make one."""
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    return cuda if cuda is not None and cuda.is_initialized() else None
