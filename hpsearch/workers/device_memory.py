"""The memory of its GPU that an attempt took, as torch counts it, if the trainable uses torch.

torch is found among the loaded modules and never imported.

Not covered: other frameworks, and what the trainable's child processes take.
"""

import sys
from contextlib import suppress
from typing import Any

from hpsearch.engine import DeviceMemory


def begin() -> None:
    """Begin to measure: forget the peak of the attempt before."""
    if (cuda := _cuda()) is not None:
        with suppress(RuntimeError):  # a broken device raises it
            cuda.reset_peak_memory_stats()


def peak() -> DeviceMemory | None:
    """Return what this process took at its peak since `begin`; None if it used no GPU.

    torch does not count the CUDA context, some hundred megabytes, so everything
    else that is taken on the device is added: right for an attempt that has the device to itself.
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
    """Free the memory that torch has reserved: a warm worker would keep it from its neighbours."""
    if (cuda := _cuda()) is not None:
        with suppress(RuntimeError):
            cuda.empty_cache()


def _cuda() -> Any:
    """Return `torch.cuda` if this process has a CUDA context; asking would make one."""
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    return cuda if cuda is not None and cuda.is_initialized() else None
