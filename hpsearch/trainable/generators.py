"""Trainables that yield what they would report: a generator, or an `async def` that yields.

`yield metrics` reports at the next step, from `trial.start_step` on; `yield step, metrics` and
`yield step, metrics, save` are `trial.report` with these arguments. What `report` raises, such as a
stop, is raised at the `yield`.
"""

from collections.abc import AsyncGenerator, Generator, Mapping
from typing import Any

WHAT = "yield metrics, or `step, metrics`, or `step, metrics, save`"


class Reports:
    """Reports what a generator yields."""

    def __init__(self, trial: Any) -> None:
        self._trial = trial
        self._next = trial.start_step

    def report(self, yielded: object) -> None:
        """Report; raises TypeError if it is no report, and what `trial.report` raises."""
        if isinstance(yielded, Mapping):
            yielded = (self._next, yielded)
        if not isinstance(yielded, tuple) or len(yielded) not in (2, 3):
            raise TypeError(f"a trainable that yields must {WHAT}; it yielded {yielded!r:.100}")
        self._trial.report(*yielded)
        self._next = yielded[0] + 1


def run_generator(generator: Generator[object, Any, object], trial: Any) -> object:
    """Report what a generator yields, until its end; return what it returns."""
    reports = Reports(trial)
    try:
        yielded = next(generator)
        while True:
            try:
                reports.report(yielded)
            except BaseException as error:
                yielded = generator.throw(error)
            else:
                yielded = next(generator)
    except StopIteration as end:
        return end.value
    finally:
        generator.close()


async def run_async_generator(generator: AsyncGenerator[object, Any], trial: Any) -> None:
    """Report what an asynchronous generator yields, until its end."""
    reports = Reports(trial)
    try:
        yielded = await anext(generator)
        while True:
            try:
                reports.report(yielded)
            except BaseException as error:
                yielded = await generator.athrow(error)
            else:
                yielded = await anext(generator)
    except StopAsyncIteration:
        return
    finally:
        await generator.aclose()
