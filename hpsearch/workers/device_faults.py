"""Which errors are faults of the GPU, and which of them say that its memory is full.

Told by names and words, since torch is not imported here; other frameworks use the same words.
"""

DEVICE_FAULTS = ("OutOfMemoryError", "CUDA error", "CUDA out of memory", "CUDNN_STATUS")

MEMORY_FAULTS = ("OutOfMemoryError", "out of memory", "ALLOC_FAILED")
"""cuBLAS and cuDNN say the last one."""


def is_device_fault(reason: str) -> bool:
    """Return whether CUDA is at fault: out of memory, or an error after which it stays broken."""
    return any(sign in reason for sign in DEVICE_FAULTS)


def is_memory_fault(reason: str) -> bool:
    """Return whether a fault of the device says that it has no memory left."""
    return any(sign in reason for sign in MEMORY_FAULTS)
