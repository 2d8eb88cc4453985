"""Frees what the frames of an exception hold: a model and its data, if somebody keeps it."""

import traceback
from contextlib import suppress
from types import FrameType


def forget_frames(error: BaseException | None) -> None:
    """Clear the local variables of all frames of an exception, and of its causes."""
    seen: set[int] = set()
    left = [error]
    while left:
        one = left.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            for frame, _ in traceback.walk_tb(one.__traceback__):
                _clear_with_callers(frame, seen)
            left += [one.__cause__, one.__context__]
            left += one.exceptions if isinstance(one, BaseExceptionGroup) else ()


def _clear_with_callers(frame: FrameType | None, seen: set[int]) -> None:
    """Clear a frame and its callers: an exception that was caught below them has both."""
    while frame is not None and id(frame) not in seen:
        seen.add(id(frame))
        with suppress(RuntimeError):  # it is still running: one of ours
            frame.clear()
        frame = frame.f_back
