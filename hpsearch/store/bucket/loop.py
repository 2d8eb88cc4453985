"""Requests run in one background thread, so that Ctrl-C interrupts whoever waits for them."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from functools import cache
from queue import SimpleQueue
from typing import Any, TypeVar

AT_ONCE = 32
"""How many requests are on their way at the same time."""

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
    """Return what a blocking call returns, in one of a few threads.

    Not obstore's own `…_async`: its threads call Python, also while the process ends, and one run
    of ten died of that (obstore 0.12).
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def work() -> None:
        try:
            result = blocking()
        except Exception as error:
            loop.call_soon_threadsafe(_settle, future, None, error)
        else:
            loop.call_soon_threadsafe(_settle, future, result, None)

    _requests().put(work)
    return await future


def _settle(future: "asyncio.Future[Any]", result: Any, error: Exception | None) -> None:
    if future.cancelled():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)


# As daemons, these threads do not keep the process from ending.


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="hpsearch-bucket", daemon=True).start()
    return loop


@cache
def _requests() -> "SimpleQueue[Callable[[], None]]":
    waiting: SimpleQueue[Callable[[], None]] = SimpleQueue()

    def work() -> None:
        while True:
            waiting.get()()

    for _ in range(AT_ONCE):
        threading.Thread(target=work, name="hpsearch-bucket-request", daemon=True).start()
    return waiting
