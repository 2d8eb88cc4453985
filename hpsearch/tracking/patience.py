"""How long a call of MLflow may take, and when it is made again."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from mlflow.exceptions import MlflowException

T = TypeVar("T")

UNAVAILABLE = "TEMPORARILY_UNAVAILABLE"
"""What MLflow says when its database does not work and nothing is wrong with the request.

For SQLite that is when other processes have written for 20 seconds without a pause.
"""
PAUSE_SECONDS = 0.5
"""Between two calls."""


def is_busy(error: Exception) -> bool:
    """Return whether the same call may succeed later, as far as MLflow knows."""
    return isinstance(error, MlflowException) and error.error_code == UNAVAILABLE


def again_while_busy(seconds: float, work: Callable[[], T]) -> T:
    """Return what `work` returns; if MLflow's database is busy, call it again for so long.

    Raises what the last call raised.
    """
    ends = time.monotonic() + seconds
    while True:
        try:
            return work()
        except MlflowException as error:
            if not is_busy(error) or time.monotonic() > ends:
                raise
        time.sleep(PAUSE_SECONDS)


def within(seconds: float, work: Callable[[], T]) -> T:
    """Return what `work` returns; raise TimeoutError if it takes longer.

    It runs in a thread of its own, which is left behind then: MLflow has no limit that covers its
    retries.
    """
    outcome: list[T] = []
    raised: list[Exception] = []

    def run() -> None:
        try:
            outcome.append(work())
        except Exception as error:
            raised.append(error)

    thread = threading.Thread(target=run, name="hpsearch-mlflow-call", daemon=True)
    thread.start()
    thread.join(seconds)
    if raised:
        raise raised[0]
    if not outcome:
        raise TimeoutError(f"it did not answer within {seconds:g} seconds.")
    return outcome[0]
