"""Requests run in one background thread, so that Ctrl-C interrupts whoever waits for them."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Return its result; an exception in the waiting thread cancels it."""
    future = start(work)
    try:
        return future.result()
    except BaseException:
        future.cancel()
        raise


def start(work: Coroutine[Any, Any, T]) -> "Future[T]":
    """Run it without waiting for it."""
    return asyncio.run_coroutine_threadsafe(work, _loop())


async def in_thread(blocking: Callable[[], T]) -> T:
    """Return what a blocking call returns, in a thread of its own.

    Not obstore's own `…_async`: its threads call Python, also while the process ends, and one run
    of ten died of that (obstore 0.12). A thread here does not keep the process from ending.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def work() -> None:
        try:
            result = blocking()
        except BaseException as error:
            loop.call_soon_threadsafe(_settle, future, None, error)
        else:
            loop.call_soon_threadsafe(_settle, future, result, None)

    threading.Thread(target=work, name="bucket-request", daemon=True).start()
    return await future


def _settle(future: "asyncio.Future[Any]", result: Any, error: BaseException | None) -> None:
    if future.cancelled():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="bucket", daemon=True).start()
    return loop
